internal import ArgumentParser
internal import DecisionServer
internal import Judgement
internal import Rego

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// `ringwall run --server` from its files to its end.
struct ServerRun {
  let options: ServerOptions
  let compilation: RegoCompilation
  let network: NetworkOptions
  let schema: String?
  let paths: [String]
  /// Whether the paths are bundles.
  let areBundles: Bool

  func run() throws {
    var settings = try options.serverSettings()
    settings.policyOptions = try compilation.policyOptions(schema: schema)
    settings.parserOptions = compilation.parserOptions
    settings.evaluation.network = try network.access(compilation)
    settings.evaluation.runtime = RuntimeDocument.served
    settings.log = { Console.say($0) }
    settings.printed = { Console.say($0) }
    let server = try DecisionServer(try contents(), settings)
    if options.isWatching { watch(server) }
    do throws(DecisionServer.Failure) {
      try server.run { addresses in
        Console.say("ringwall: listening at \(addresses.map(\.text).joined(separator: ", ")); interrupt to end")
      }
    } catch {
      Console.complain("cannot serve: \(error.message)")
      throw ExitCode(1)
    }
  }

  private func contents() throws -> ServerContents {
    var result = ServerContents()
    if areBundles {
      let verification = try compilation.signing.verification()
      do throws(RegoSources.Failure) {
        // Read together, so that overlapping roots are refused, and one by one for their texts.
        result.data =
          try RegoSources(
            [], bundles: paths, options: compilation.parserOptions, ignoring: compilation.ignored, verification: verification
          ).data.regoValue
        for path in paths {
          let bundle = try Bundle(path, options: compilation.parserOptions, ignoring: compilation.ignored, verification: verification)
          result.bundles.append(.init(name: path, revision: bundle.manifest?.revision ?? "", roots: bundle.manifest?.roots ?? [""]))
          for policy in bundle.policies {
            let file = bundle.file(policy.entry)
            result.sources.append(.init(id: bundle.isFolder ? file : path + file, text: policy.entry.bytes, module: policy.module))
          }
        }
      } catch { throw error.underlying }
      return result
    }
    let (modules, data) = try compilation.load(paths)
    result.data = data.regoValue
    for module in modules {
      result.sources.append(.init(id: module.file, text: try DataFiles.bytes(module.file), module: module))
    }
    return result
  }

  // MARK: - Watching

  /// Looks at the files twice a second, in a thread that ends with the process.
  private func watch(_ server: DecisionServer) {
    Task.detached {
      var last = fingerprint()
      while true {
        try? await Task.sleep(for: .milliseconds(500))
        let now = fingerprint()
        guard now != last else { continue }
        last = now
        do {
          try server.replace(try contents())
          Console.say("ringwall: policies and data were read again")
        } catch {
          let reason = OutputError.list(error).map { OutputError.text($0) } ?? "\(error)"
          Console.complain("what was loaded before stays in use: \(reason)")
        }
      }
    }
  }

  /// Names, times and sizes of the files; what cannot be read counts as empty.
  private func fingerprint() -> [String] {
    var result: [String] = []
    for path in paths {
      let suffixes = [".rego", ".json", ".yaml", ".yml", ".gz"]
      let files = (try? DataFiles.files(at: path, suffixes: suffixes, ignoring: compilation.ignored)) ?? [path]
      for file in files {
        var status = stat()
        // SAFETY: stat(2) fills one structure, which is what the pointer leads to.
        guard unsafe stat(file, &status) == 0 else { continue }
        result.append("\(file) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) \(status.st_size)")
      }
    }
    return result
  }
}
