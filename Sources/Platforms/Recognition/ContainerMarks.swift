/// Words that tell what describes containers from other JSON and TOML.
enum ContainerMarks {
  /// Keys of inspected containers and images, of `docker info` and `docker version`, of OCI bundles and of daemon.json.
  private static let keys = [
    "\"HostConfig\"", "\"ociVersion\"", "\"RepoTags\"", "\"DockerRootDir\"", "\"MinAPIVersion\"", "\"userns-remap\"", "\"live-restore\"",
    "\"userland-proxy\"", "\"insecure-registries\"", "\"no-new-privileges\"", "\"authorization-plugins\"", "\"default-runtime\"",
    "\"seccomp-profile\"", "\"log-driver\"",
  ]

  /// - Parameters:
  ///   - json: the beginning of a text.
  ///   - name: the file's name in small letters; daemon.json may hold anything that the daemon knows.
  static func areIn(json: ArraySlice<UInt8>, name: String) -> Bool {
    if name == "daemon.json" { return true }
    return keys.contains { ByteSearch.firstIndex(of: Array($0.utf8), in: json) != nil }
  }

  static func areIn(toml: ArraySlice<UInt8>) -> Bool {
    ["runsc_config", "io.containerd.", "[grpc]", "disabled_plugins", "[plugins"].contains {
      ByteSearch.firstIndex(of: Array($0.utf8), in: toml) != nil
    }
  }
}
