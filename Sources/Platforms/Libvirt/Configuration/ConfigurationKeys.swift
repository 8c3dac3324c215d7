/// What libvirt expects as the value of a setting.
enum SettingType: Sendable, Hashable {
  case string
  /// 0 or 1.
  case flag
  /// A number without a minus sign.
  case count
  case integer
  case list
  /// A list, or text that stands for a list of one.
  case stringOrList
  /// A number of bytes or "unlimited".
  case limit
  /// Text that is a password: its fact says that it is set, never what it is.
  case secret
}

/// The settings that libvirt reads, by the file they stand in: the union over libvirt 5.0 to 11 (src/remote/libvirtd.conf.in,
/// src/qemu/qemu.conf.in and the readers beside them), so that a setting of another release is not called a typing error.
struct ConfigurationKeys: Sendable {
  let types: [String: SettingType]

  /// libvirtd.conf, and what the modular daemons share with it.
  static let daemon = ConfigurationKeys(types: local.merging(network) { first, _ in first })

  /// Settings of a modular daemon that serves no network (virtqemud.conf and others except virtproxyd.conf).
  static let localDaemon = ConfigurationKeys(types: local)

  private static let local: [String: SettingType] = table([
    (
      .string,
      """
      unix_sock_group unix_sock_ro_perms unix_sock_rw_perms unix_sock_admin_perms unix_sock_dir auth_unix_ro auth_unix_rw
      log_filters log_outputs host_uuid host_uuid_source
      """
    ),
    (.list, "access_drivers sasl_allowed_username_list"),
    (
      .count,
      """
      min_workers max_workers max_clients max_queued_clients max_anonymous_clients max_client_requests prio_workers
      admin_min_workers admin_max_workers admin_max_clients admin_max_queued_clients admin_max_client_requests
      log_level audit_level keepalive_count admin_keepalive_count ovs_timeout
      """
    ),
    (.integer, "keepalive_interval admin_keepalive_interval log_buffer_size"),
    (.flag, "audit_logging keepalive_required admin_keepalive_required mdns_adv"),
    (.string, "mdns_name"),
  ])

  private static let network: [String: SettingType] = table([
    (.flag, "listen_tls listen_tcp tls_no_sanity_certificate tls_no_verify_certificate"),
    (.string, "tls_port tcp_port listen_addr auth_tcp auth_tls key_file cert_file ca_file crl_file tls_priority"),
    (.list, "tls_allowed_dn_list"),
    (.count, "tcp_min_ssf"),
  ])

  /// qemu.conf.
  static let driver = ConfigurationKeys(
    types: table([
      (
        .string,
        """
        default_tls_x509_cert_dir default_tls_x509_secret_uuid default_tls_priority
        vnc_listen vnc_tls_x509_cert_dir vnc_tls_x509_secret_uuid vnc_tls_priority vnc_sasl_dir
        spice_listen spice_tls_x509_cert_dir spice_sasl_dir
        rdp_listen rdp_tls_x509_cert_dir rdp_username
        chardev_tls_x509_cert_dir chardev_tls_x509_secret_uuid chardev_tls_priority
        vxhs_tls_x509_cert_dir vxhs_tls_x509_secret_uuid
        nbd_tls_x509_cert_dir nbd_tls_x509_secret_uuid nbd_tls_priority
        migrate_tls_x509_cert_dir migrate_tls_x509_secret_uuid migrate_tls_priority
        backup_tls_x509_cert_dir backup_tls_x509_secret_uuid backup_tls_priority
        user group save_image_format dump_image_format snapshot_image_format auto_dump_path
        auto_shutdown_try_save auto_shutdown_try_shutdown auto_shutdown_poweroff
        bridge_helper pr_helper slirp_helper qemu_rdp dbus_daemon stdio_handler sched_core lock_manager
        migration_address migration_host memory_backing_dir swtpm_user swtpm_group deprecation_behavior
        default_cpu_deprecated_features
        """
      ),
      (.secret, "vnc_password spice_password rdp_password"),
      (
        .flag,
        """
        default_tls_x509_verify vnc_auto_unix_socket vnc_tls vnc_tls_x509_verify vnc_sasl vnc_allow_host_audio
        spice_tls spice_auto_unix_socket spice_sasl chardev_tls chardev_tls_x509_verify vxhs_tls nbd_tls
        migrate_tls_x509_verify migrate_tls_force backup_tls_x509_verify nographics_allow_host_audio
        security_default_confined security_require_confined dynamic_ownership remember_owner
        auto_dump_bypass_cache auto_start_bypass_cache auto_save_bypass_cache auto_shutdown_restore set_process_name dump_guest_core
        mac_filter relaxed_acs_check allow_disk_format_probing log_timestamp virtiofsd_debug clear_emulator_capabilities
        storage_use_nbdkit
        """
      ),
      (
        .count,
        """
        remote_display_port_min remote_display_port_max remote_websocket_port_min remote_websocket_port_max max_processes max_files
        max_threads_per_process max_queued keepalive_count migration_port_min migration_port_max gluster_debug_level auto_start_delay
        auto_shutdown_wait
        """
      ),
      (.integer, "seccomp_sandbox keepalive_interval"),
      (.limit, "max_core"),
      (.stringOrList, "security_driver hugetlbfs_mount"),
      (.list, "cgroup_controllers cgroup_device_acl namespaces nvram capability_filters shared_filesystems"),
    ]))

  private static func table(_ rows: [(SettingType, String)]) -> [String: SettingType] {
    var result: [String: SettingType] = [:]
    for (type, names) in rows {
      for name in names.split(whereSeparator: \.isWhitespace) { result[String(name)] = type }
    }
    return result
  }

  /// The known setting that was probably meant by an unknown one: at most two letters wrong, missing, added or swapped.
  func resembling(_ name: String) -> String? {
    guard name.utf8.count <= 64 else { return nil }
    return types.keys.map { (distance: Self.distance(Array(name.utf8), Array($0.utf8)), key: $0) }
      .filter { $0.distance <= 2 && $0.distance * 3 <= name.utf8.count }
      .min { ($0.distance, $0.key) < ($1.distance, $1.key) }?.key
  }

  /// Damerau-Levenshtein distance, restricted form.
  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    if abs(a.count - b.count) > 2 { return .max }
    var before = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    for i in 0..<a.count {
      var row = [Int](repeating: i + 1, count: b.count + 1)
      for j in 0..<b.count {
        row[j + 1] = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { row[j + 1] = min(row[j + 1], before[j - 1] + 1) }
      }
      before = previous
      previous = row
    }
    return previous[b.count]
  }
}
