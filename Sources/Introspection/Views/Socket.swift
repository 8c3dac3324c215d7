public import Domain

/// A socket of the guest, as its `struct sock` tells it (include/net/sock.h).
public struct Socket: Sendable, Hashable {
  /// Of the struct sock; guest-virtual.
  public let address: UInt64
  public let family: Family
  /// "tcp", "udp", "udplite", "icmp", "raw", "unix", "netlink", "packet", or the number of the protocol.
  public let protocolName: String
  /// "stream", "dgram", "raw", "seqpacket", or the number of the type.
  public let type: String
  /// As ss(8) names it; nil where the family has none.
  public let state: State?
  public let local: Endpoint?
  /// Nil for a socket without a peer.
  public let remote: Endpoint?
  /// As /proc/PID/fd shows it; nil for a socket that has no file: one of the kernel's own use, one that nobody has accepted yet, or one that waits.
  public let inode: UInt64?
  /// Inode number of the network namespace; nil where it cannot be read.
  public let namespace: UInt32?
  /// Processes that hold it, by pid and descriptor.
  public let holders: [DescriptorHolder]

  public enum Family: UInt16, Sendable, CaseIterable {
    case unix = 1
    case inet = 2
    case inet6 = 10
    case netlink = 16
    case packet = 17
    case other = 0xFFFF

    public var word: String { "\(self)" }
  }

  /// TCP's states, which other families use too (include/net/tcp_states.h).
  public enum State: UInt8, Sendable, CaseIterable {
    case established = 1
    case synSent, synReceived, finWait1, finWait2, timeWait, closed, closeWait, lastAcknowledge, listening, closing, newSynReceived

    public var word: String {
      switch self {
      case .established: "ESTAB"
      case .synSent: "SYN-SENT"
      case .synReceived, .newSynReceived: "SYN-RECV"
      case .finWait1: "FIN-WAIT-1"
      case .finWait2: "FIN-WAIT-2"
      case .timeWait: "TIME-WAIT"
      case .closed: "UNCONN"
      case .closeWait: "CLOSE-WAIT"
      case .lastAcknowledge: "LAST-ACK"
      case .listening: "LISTEN"
      case .closing: "CLOSING"
      }
    }
  }

  /// One end of a socket.
  public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// An IP address; of a local socket its path, or "@" and its name; of netlink the protocol's name; of a packet socket the protocol.
    public let address: String
    /// Port, or port id of netlink; nil where there is none.
    public let port: UInt32?

    public var description: String {
      guard let port else { return address }
      return address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
  }
}

/// The sockets of a guest from two structures.
public struct SocketList: Sendable {
  /// By family, protocol and local end.
  public let sockets: [Socket]
  public let hidden: [Hidden]
  /// Contradictions in the structures; what is behind them was not followed.
  public let inconsistencies: [Inconsistency]

  public enum Source: String, Sendable, CaseIterable {
    /// The tables of the protocols, by which packets find their socket, and which /proc/net and ss(8) read.
    case tables
    /// The descriptors of processes.
    case descriptors
  }

  /// A socket that a process holds and that its protocol's table lacks; or one that has a file and that no process holds.
  public struct Hidden: Sendable, Hashable {
    public let socket: Socket
    /// The structures that lack it.
    public let missingIn: [Source]
  }
}

extension Socket.Endpoint {
  /// address, port.
  public var factValue: FactValue { ["address": .string(address), "port": port.map { .int(Int64($0)) } ?? .null] }
}

extension Socket {
  /// All that is known of the socket; what could not be read or is not there is null.
  public var factValue: FactValue {
    [
      "family": .string(family.word), "protocol": .string(protocolName), "type": .string(type),
      "state": state.map { .string($0.word) } ?? .null,
      "local": local?.factValue ?? .null, "remote": remote?.factValue ?? .null, "inode": inode.map { .int(Int64(bitPattern: $0)) } ?? .null,
      "namespace": namespace.map { .int(Int64($0)) } ?? .null,
      "holders": .array(holders.map(\.factValue)),
      "sock": addressValue(address),
    ]
  }
}

extension SocketList {
  /// sockets, hidden (each with the structures that lack it), inconsistencies.
  public var factValue: FactValue {
    [
      "sockets": .array(sockets.map(\.factValue)),
      "hidden": .array(hidden.map { ["socket": $0.socket.factValue, "missingIn": .array($0.missingIn.map { .string($0.rawValue) })] }),
      "inconsistencies": .array(inconsistencies.map(\.factValue)),
    ]
  }
}
