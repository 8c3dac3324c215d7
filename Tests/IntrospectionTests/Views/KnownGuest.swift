import Foundation
import Introspection
import Synchronization
import TestSupport

/// A guest in which things were set up whose answers are known, and a copy of its RAM.
struct KnownGuest {
  let booted: TestGuest
  /// Path of the copy.
  let image: String
  let guest: Guest
  /// What the guest itself says of these things: the answers of the commands, by name.
  let answers: [String: String]

  /// A program that holds a BPF program and a map lies in the guest where a compiler is at hand.
  static let overlay = LastingFile.guestProgram(
    "hold", flags: ["-O1", "-nostdlib", "-static", "-ffreestanding", "-fno-stack-protector", "-fno-builtin"])

  /// An empty disk of 4 MiB.
  static let disk: String = {
    let path = LastingFile.path("disk")
    _ = FileManager.default.createFile(atPath: path, contents: Data(count: 4 << 20))
    return path
  }()

  static func recipe(_ kernel: GuestRecipe.Kernel, _ arguments: [String] = []) -> GuestRecipe {
    GuestRecipe {
      $0.kernel = kernel
      $0.hasModules = true
      $0.workload = [.network, .people]
      $0.kernelArguments = arguments
      $0.overlay = overlay
    }
  }

  private static let setUp = """
    mkdir -p /mnt/known /mnt/bound; mount -t tmpfs -o nosuid,nodev,noexec,size=1m known-tmpfs /mnt/known; mkdir -p /mnt/known/sub/deep; \
    mount --bind /mnt/known/sub /mnt/bound; echo gone >/mnt/known/gone.txt; echo deep >/mnt/known/sub/deep/file.txt; \
    (exec 7</mnt/known/gone.txt 8>>/mnt/known/sub/deep/file.txt; rm /mnt/known/gone.txt; exec sleep 100008) </dev/null >/dev/null 2>&1 & \
    (nc -l -p 4444 -e true </dev/null >/dev/null 2>&1 &); \
    [ -x /opt/hold ] && ! pidof hold >/dev/null && (/opt/hold </dev/null >/dev/null 2>&1 &); \
    echo '<4>ringwall known line' >/dev/kmsg; sleep 1
    """

  private static let questions = [
    "modules": "cat /proc/modules", "mounts": "cat /proc/1/mountinfo",
    "sockets": "cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6; cat /proc/net/unix",
    "log": "dmesg",
    "files":
      "p=$(pidof sleep | tr ' ' '\\n' | while read p; do grep -q 100008 /proc/$p/cmdline && echo $p; done); echo $p; ls -l /proc/$p/fd",
    "bpf": "p=$(pidof hold); cat /proc/$p/fdinfo/3 /proc/$p/fdinfo/4", "maps": "cat /proc/1/maps",
  ]

  private static let known = Mutex<[String: KnownGuest]>([:])

  /// The guest of the suite, set up by whoever asks first.
  static func shared() throws -> KnownGuest {
    let booted = try TestGuest.shared()
    return try known.withLock { known in
      if let done = known[booted.folder] { return done }
      try booted.run(setUp)
      var answers: [String: String] = [:]
      for (name, command) in questions where name != "bpf" || overlay != nil { answers[name] = try booted.run(command) }
      let image = try booted.ramImage(named: "known.raw")
      let made = KnownGuest(booted: booted, image: image, guest: try Guest(image: try MemoryImage(path: image)), answers: answers)
      known[booted.folder] = made
      return made
    }
  }

  func lines(_ name: String) -> [[Substring]] { (answers[name] ?? "").split(separator: "\n").map { $0.split(separator: " ") } }
}
