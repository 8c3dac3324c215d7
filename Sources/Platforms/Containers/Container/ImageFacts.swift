internal import Domain

/// Facts of an image as `docker image inspect` describes it: who its processes run as and how its health is told. What a container may do is
/// decided when one is made from it.
enum ImageFacts {
  static func isImage(_ node: PlacedJSON) -> Bool {
    guard node.isObject, node.given("Id")?.text != nil else { return false }
    return node["RootFS"] != nil || node["RepoTags"] != nil && node["HostConfig"] == nil
  }

  static func collect(_ image: SourcedJSON) -> [String: Fact] {
    var facts = JSONFacts(whole: image.source)
    let config = image["Config"]
    facts["object"] = .present("image", image.source)
    facts.addText("user", config, "User")
    facts.add("healthcheck", config, "Healthcheck", InspectFacts.check)
    return facts.facts
  }

  /// The first tag, else the beginning of the digest.
  static func name(_ image: SourcedJSON) -> String {
    if let tag = image["RepoTags"]?.node.texts.first { return tag }
    let id = image["Id"]?.text ?? "?"
    return String(id.hasPrefix("sha256:") ? id.dropFirst(7).prefix(12) : id.prefix(12))
  }
}
