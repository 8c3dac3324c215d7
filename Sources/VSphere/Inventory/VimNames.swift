/// Which properties of the collected types are arrays, numbers and texts (vSphere Web Services API 9.0, data object types). An array with one
/// element, a number and a text look alike in SOAP.
enum VimNames {
  /// Arrays under that name wherever it occurs.
  private static let arrays: Set<String> = [
    "activeNic", "activeUplinkPort", "advancedOptions", "allowedDevice", "alternateName", "applyProfile", "authConfig", "bootOrder",
    "candidateVnic",
    "configFile", "configuredSendTarget", "configuredStaticTarget", "cpuFeatureMask", "diskMapping", "excludedNicDevice", "extraConfig",
    "featureCapability", "featureMask", "featureRequirement", "featureVersion", "filterConfig", "healthCheckConfig", "hostBusAdapter",
    "infrastructureTrafficResourceConfig", "ipNetwork", "ipV6Address", "ipv6Config", "lacpGroupConfig", "netConfig", "nonSsd",
    "otherIdentifyingInfo",
    "parameters", "partition", "physicalLocation", "pnic", "pnicSpec", "proxySwitch", "pvlanConfig", "requirement", "rule", "ruleset",
    "scope",
    "searchDomain", "selectedVnic", "server", "spanIds", "standbyNic", "standbyUplinkPort", "supportedVmfsMajorVersion", "trustedDomain",
    "uplinkPortName", "uplinkPortgroup", "validLinkSpecification", "vlans", "vmVnicNetworkResourcePool", "vspanSession",
  ]

  /// Numbers under that name wherever it occurs and is made of digits.
  private static let numbers: Set<String> = [
    "activeFlowTimeout", "averageBandwidth", "block", "blockSize", "bootDelay", "bootRetryDelay", "burstSize", "bus", "busNumber",
    "capacityInBytes",
    "capacityInKB", "capacityInMB", "collectorPort", "connectionCookie", "controllerKey", "cpuMhz", "currentSpeedMb", "defaultIndex",
    "domain", "end",
    "endPort", "gmtOffset", "graphicsMemorySizeInKB", "idleFlowTimeout", "interval", "ipv6PrefixLength", "level", "limit",
    "maxHostRunningVms",
    "maxHostSupportedVcpus", "maxMksConnections", "maxPorts", "maxRegisteredVMs", "maxRunningVMs", "maxSupportedVMs", "maxSupportedVcpus",
    "memoryMB", "memorySize", "mtu", "ntpRunTime", "numCPU", "numCoresPerSocket", "numCpuCores", "numCpuPkgs", "numCpuThreads",
    "numDisplays",
    "numHBAs", "numNics", "numPorts", "numPortsAvailable", "numStandalonePorts", "numaNode", "observationDomainId", "pciSlotNumber",
    "peakBandwidth",
    "percentage", "port", "portNumber", "precedence", "prefixLength", "primaryVlanId", "progress", "pvlanId", "queueDepth", "reservation",
    "samplingRate", "scsiCtlrUnitNumber", "secondaryVlanId", "simultaneousThreads", "speed", "speedMb", "start", "toolsVersion",
    "unitNumber",
    "vdiskVersion",
    "videoRamSizeInKB", "vlanId",
  ]

  /// Objects that may be there with nothing set in them, which looks like an empty text.
  private static let objects: Set<String> = [
    "backing", "bootOptions", "connectable", "failureCriteria", "flags", "ip", "nicOrder", "nicTeaming", "offloadPolicy", "policy",
    "productInfo",
    "security", "securityPolicy", "shapingPolicy", "spec",
  ]

  /// Texts that somebody writes: "true" in one of them is a word.
  private static let texts: Set<String> = [
    "annotation", "description", "domainName", "fullName", "hostName", "key", "label", "localizedMessage", "name", "portgroup",
    "serialNumber",
    "summary", "switchName", "userName",
  ]

  static func isArray(_ element: SOAPElement, of parent: SOAPElement) -> Bool {
    let name = element.name
    if arrays.contains(name) { return true }
    switch name {
    // Objects under these names are elements of an array, texts are single values.
    case "service", "host", "port": return !element.children.isEmpty
    case "vswitch", "portgroup", "vnic", "consoleVnic": return !element.children.isEmpty || isSwitch(parent)
    case "device": return !element.children.isEmpty || parent.first("busNumber") != nil
    case "address": return parent.first("dhcp") != nil && parent.first("hostName") != nil
    case "ipAddress": return parent.first("allIp") != nil || parent.name == "allowedHosts" || isMirror(parent)
    case "portKey": return isMirror(parent)
    case "vlanId": return !element.children.isEmpty || parent.type?.hasSuffix("TrunkVlanSpec") == true
    case "nicDevice": return parent.type == "HostVirtualSwitchBondBridge"
    case "uplinkPortKey": return parent.name == "host" || parent.name == "lacpGroupConfig"
    default: return false
    }
  }

  static func isNumber(_ name: String, of parent: SOAPElement?) -> Bool {
    if numbers.contains(name) { return true }
    switch name {
    case "key": return parent.map { isDevice($0) } ?? false
    case "id": return parent?.type == "VirtualMachineVMCIDevice"
    case "device": return parent?.first("busNumber") != nil
    case "value": return parent?.first("inherited") != nil
    case "shares": return parent?.first("level") != nil
    default: return false
    }
  }

  static func isObject(_ name: String) -> Bool { objects.contains(name) }

  static func isText(_ name: String, of parent: SOAPElement?) -> Bool {
    texts.contains(name) || (name == "value" && parent?.first("inherited") == nil)
  }

  /// What is never taken along, whatever the server sends.
  static func isSecret(_ name: String) -> Bool {
    let name = name.lowercased()
    return name.hasSuffix("secret") || name.hasSuffix("password")
  }

  /// Devices of a virtual machine always come with their type.
  private static func isDevice(_ element: SOAPElement) -> Bool {
    element.type.map { $0.hasPrefix("Virtual") || $0.hasPrefix("ParaVirtual") } ?? false
  }

  private static func isSwitch(_ element: SOAPElement) -> Bool { element.first("numPorts") != nil && element.first("spec") != nil }

  private static func isMirror(_ element: SOAPElement) -> Bool {
    ["sourcePortTransmitted", "sourcePortReceived", "destinationPort"].contains(element.name)
  }
}
