internal import DiskReader

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

// Started by ringwall, never by people: the libraries that read what a disk's owner wrote are linked into this program alone.
exit(DiskWorker.run(Array(CommandLine.arguments.dropFirst())))
