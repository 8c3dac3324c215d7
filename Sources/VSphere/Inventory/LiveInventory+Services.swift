internal import Domain

extension LiveInventory {
  /// Clusters with vSAN, and how vSAN's own management interface says that they are set (vSAN Management API, VsanVcClusterConfigSystem).
  func vsan(_ document: inout InventoryDocument) async throws(ServiceFailure) {
    guard isVirtualCenter else { return }
    report("vSAN")
    let paths = ["name", "configurationEx.vsanConfigInfo"]
    let clusters = try await properties.all("ClusterComputeResource", paths)
    let withVSAN = clusters.filter { $0.properties["configurationEx.vsanConfigInfo"]?.text("enabled") == "true" }
    for content in clusters { Self.note(content, as: "vsan", &document) }
    guard !withVSAN.isEmpty else { return }
    let endpoint = try await session.vsan()
    for content in withVSAN {
      guard case .object(var members) = Self.object(content) else { continue }
      do throws(ServiceFailure) {
        let answer = try await session.call(
          "VsanClusterGetConfig", on: ManagedObject("VsanVcClusterConfigSystem", "vsan-cluster-config-system"),
          [SOAPElement("cluster", content.object)], at: endpoint)
        if let config = answer.first("returnval") { members.append(.init("config", VimValue.of(config))) }
      } catch {
        guard error.isOfOneObject || error.code == .foreign else { throw error }
        document.miss("vsan[\(content.object.id)].config", error.message)
      }
      document.clusters.append(.object(members))
    }
  }

  /// Settings of a vCenter's own machine, which vim25 does not know.
  func appliance(_ document: inout InventoryDocument) async throws(ServiceFailure) {
    guard isVirtualCenter else { return }
    report("appliance")
    do throws(ServiceFailure) {
      let answers = try await session.appliance()
      document.appliance = answers.members
      for (path, message) in answers.errors { document.miss(path.isEmpty ? "appliance" : "appliance.\(path)", message) }
    } catch {
      guard error.code == .foreign else { throw error }
      document.miss("appliance", error.message)
    }
  }
}
