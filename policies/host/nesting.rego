# Hypervisors inside guests.
package ringwall.controls.host.nesting

import data.ringwall.lib.module

# METADATA
# title: "Nested virtualization off (Intel)"
# description: "A guest that is a hypervisor itself reaches the emulation of VMX, a large part of KVM that few installations need."
# custom:
#   id: KVM-004
#   severity: medium
#   family: NST
#   key50: 3
#   facts: ["module.kvm_intel.nested", "modprobe.kvm_intel.nested"]
#   safe: "N or 0"
#   default: "Y since Linux 4.20 (kernel-parameters.txt still says 0: stale)"
#   remediation: "echo 'options kvm_intel nested=0' > /etc/modprobe.d/ringwall.conf; stop all VMs; modprobe -r kvm_intel && modprobe kvm_intel (built-in KVM: use the kernel argument and reboot; if the module is in the initramfs, rebuild it)"
#   disable:
#     how: "(waiver enables it) set options kvm_intel nested=1 in modprobe.d; stop all VMs; modprobe -r kvm_intel && modprobe kvm_intel (built-in KVM: use the kernel argument and reboot; if the module is in the initramfs, rebuild it)"
#     restart: "module reload (all VMs down); the parameter is read-only at run time"
#     rollback: "restore options kvm_intel nested=0; reload with all VMs down; read nested = N"
#   messages:
#     safe: "Nested virtualization is off (nested = {found})"
#     unsafe: "Nested virtualization is on (nested = {found}); guests may run hypervisors of their own"
#     safeUntilReload: "Nested virtualization is off now (nested = {found}), but the next load of kvm_intel sets nested={next}"
#     unsafeUntilReload: "Nested virtualization is on now (nested = {found}); guests may run hypervisors of their own; the next load of kvm_intel sets nested={next}, so reload it with all guests down"
#     noModule: "kvm_intel is not in use on this host"
#     noParameter: "kvm_intel shows no parameter nested, so its state is not known"
#     unrecognised: "nested = {found} is neither on nor off"
#   source: "torvalds/linux arch/x86/kvm/vmx/vmx.c; a rule of ComplianceAsCode"
kvm_004 := module.switched("kvm_intel", "nested", "off")

# METADATA
# title: "Nested virtualization off (AMD)"
# description: "A guest that is a hypervisor itself reaches the emulation of SVM, a large part of KVM that few installations need."
# custom:
#   id: KVM-005
#   severity: medium
#   family: NST
#   facts: ["module.kvm_amd.nested", "modprobe.kvm_amd.nested"]
#   safe: "N or 0"
#   default: "1"
#   remediation: "options kvm_amd nested=0 in modprobe.d; reload kvm_amd with all VMs down"
#   disable:
#     how: "(waiver enables it) options kvm_amd nested=1"
#     restart: "module reload (all VMs down); the parameter is read-only at run time"
#     rollback: "restore nested=0; reload; read 0 or N"
#   messages:
#     safe: "Nested virtualization is off (nested = {found})"
#     unsafe: "Nested virtualization is on (nested = {found}); guests may run hypervisors of their own"
#     safeUntilReload: "Nested virtualization is off now (nested = {found}), but the next load of kvm_amd sets nested={next}"
#     unsafeUntilReload: "Nested virtualization is on now (nested = {found}); guests may run hypervisors of their own; the next load of kvm_amd sets nested={next}, so reload it with all guests down"
#     noModule: "kvm_amd is not in use on this host"
#     noParameter: "kvm_amd shows no parameter nested, so its state is not known"
#     unrecognised: "nested = {found} is neither on nor off"
#   source: "kernel-parameters.txt"
kvm_005 := module.switched("kvm_amd", "nested", "off")
