# Flaws of the processor, as the kernel reports them.
package ringwall.controls.host.vulnerabilities

import data.ringwall.lib.confinement
import data.ringwall.lib.judge
import data.ringwall.lib.vulnerability

# METADATA
# title: "CPU microcode not known-old"
# description: "Since Linux 6.16 the kernel holds the latest microcode revision of each Intel processor it knows and says when the one that runs is older."
# custom:
#   id: KVM-084
#   severity: high
#   family: UPD
#   facts: ["cpu.vulnerabilities.old_microcode"]
#   safe: "'Not affected'"
#   default: "n/a"
#   remediation: "Install the processor's microcode package (intel-microcode, amd64-microcode); rebuild the initramfs; reboot"
#   disable:
#     how: "Put dis_ucode_ldr on the kernel command line; reboot"
#     restart: "reboot"
#     rollback: "Take dis_ucode_ldr off the kernel command line; reboot"
#   messages:
#     safe: "The microcode is not on the kernel's list of old revisions: {found}"
#     vulnerable: "The microcode is older than a revision with security fixes ({clause}): {found}"
#     stateUnknown: "The kernel does not know the age of the microcode: {found}"
#     notReported: "This kernel is too old to report on microcode"
#     otherVendor: "The kernel keeps no list of microcode for processors of the vendor {found}"
#   source: "sysfs of a test host has the file"
kvm_084 := vulnerability.judged("old_microcode", intel_made)

# METADATA
# title: "CPU vulnerability l1tf mitigated"
# description: "A guest reads what lies in the first-level data cache, that of other guests and of the host included."
# custom:
#   id: KVM-101
#   severity: high
#   family: SCH
#   facts: ["cpu.vulnerabilities.l1tf"]
#   safe: "first clause starts with 'Not affected' or 'Mitigation:'; the VMX clause is not 'vulnerable' ('VMX: EPT disabled' and 'conditional cache flushes' are safe); 'SMT vulnerable' fails when policy.tenants=untrusted"
#   default: "Mitigation"
#   remediation: "kernel + microcode update; drop the matching off token"
#   disable:
#     how: "kernel argument for this one issue (see KVM-025), never mitigations=off"
#     restart: "reboot"
#     rollback: "remove argument; reboot"
#   messages:
#     safe: "L1 terminal fault (L1TF): {found}"
#     vulnerable: "L1 terminal fault (L1TF) is not mitigated ({clause}): {found}"
#     smt: "L1 terminal fault (L1TF) is open between sibling threads: {found}"
#     smtTrusted: "L1 terminal fault (L1TF) is open between sibling threads, which tenants who trust each other may share: {found}"
#     smtUnknown: "L1 terminal fault (L1TF): the kernel does not know whether sibling threads are in use: {found}"
#     stateUnknown: "L1 terminal fault (L1TF): the kernel does not know: {found}"
#     notReported: "This kernel is too old to report on L1 terminal fault (L1TF)"
#     otherVendor: "Processors of the vendor {found} do not have L1 terminal fault (L1TF)"
#   source: "docs.kernel.org admin-guide/hw-vuln and sysfs of a test host; CAC rule"
kvm_101 := vulnerability.judged("l1tf", intel_made)

# METADATA
# title: "CPU vulnerability mds mitigated"
# description: "A guest samples data that passes through buffers inside the processor."
# custom:
#   id: KVM-102
#   severity: high
#   family: SCH
#   facts: ["cpu.vulnerabilities.mds"]
#   safe: "first clause starts with 'Not affected' or 'Mitigation:' (not 'Mitigation: None'); no later clause says Vulnerable (for example 'BHI: Vulnerable'); 'SMT vulnerable' fails when policy.tenants=untrusted; 'Unknown' is reported as unknown, never as pass"
#   default: "Mitigation"
#   remediation: "kernel + microcode update; drop the matching off token"
#   disable:
#     how: "kernel argument for this one issue (see KVM-025), never mitigations=off"
#     restart: "reboot"
#     rollback: "remove argument; reboot"
#   messages:
#     safe: "Microarchitectural data sampling (MDS): {found}"
#     vulnerable: "Microarchitectural data sampling (MDS) is not mitigated ({clause}): {found}"
#     smt: "Microarchitectural data sampling (MDS) is open between sibling threads: {found}"
#     smtTrusted: "Microarchitectural data sampling (MDS) is open between sibling threads, which tenants who trust each other may share: {found}"
#     smtUnknown: "Microarchitectural data sampling (MDS): the kernel does not know whether sibling threads are in use: {found}"
#     stateUnknown: "Microarchitectural data sampling (MDS): the kernel does not know: {found}"
#     notReported: "This kernel is too old to report on Microarchitectural data sampling (MDS)"
#     otherVendor: "Processors of the vendor {found} do not have Microarchitectural data sampling (MDS)"
#   source: "docs.kernel.org admin-guide/hw-vuln and sysfs of a test host; CAC rule"
kvm_102 := vulnerability.judged("mds", intel_made)

# METADATA
# title: "CPU vulnerability meltdown mitigated"
# description: "A program reads kernel memory that is mapped in its address space."
# custom:
#   id: KVM-103
#   severity: high
#   family: SCH
#   facts: ["cpu.vulnerabilities.meltdown"]
#   safe: "first clause starts with 'Not affected' or 'Mitigation:' (not 'Mitigation: None'); no later clause says Vulnerable (for example 'BHI: Vulnerable'); 'SMT vulnerable' fails when policy.tenants=untrusted; 'Unknown' is reported as unknown, never as pass"
#   default: "Mitigation"
#   remediation: "kernel + microcode update; drop the matching off token"
#   disable:
#     how: "kernel argument for this one issue (see KVM-025), never mitigations=off"
#     restart: "reboot"
#     rollback: "remove argument; reboot"
#   messages:
#     safe: "Meltdown: {found}"
#     vulnerable: "Meltdown is not mitigated ({clause}): {found}"
#     smt: "Meltdown is open between sibling threads: {found}"
#     smtTrusted: "Meltdown is open between sibling threads, which tenants who trust each other may share: {found}"
#     smtUnknown: "Meltdown: the kernel does not know whether sibling threads are in use: {found}"
#     stateUnknown: "Meltdown: the kernel does not know: {found}"
#     notReported: "This kernel is too old to report on Meltdown"
#     otherVendor: "Processors of the vendor {found} do not have Meltdown"
#   source: "docs.kernel.org admin-guide/hw-vuln and sysfs of a test host; CAC rule"
kvm_103 := vulnerability.judged("meltdown", {"intel", "arm", "ibm"})

# METADATA
# title: "CPU vulnerability spectre_v1 mitigated"
# description: "A mispredicted bounds check lets code of the host read out of bounds for a guest."
# custom:
#   id: KVM-104
#   severity: high
#   family: SCH
#   always: true
#   facts: ["cpu.vulnerabilities.spectre_v1"]
#   safe: "first clause starts with 'Not affected' or 'Mitigation:' (not 'Mitigation: None'); no later clause says Vulnerable (for example 'BHI: Vulnerable'); 'SMT vulnerable' fails when policy.tenants=untrusted; 'Unknown' is reported as unknown, never as pass"
#   default: "Mitigation"
#   remediation: "kernel + microcode update; drop the matching off token"
#   disable:
#     how: "kernel argument for this one issue (see KVM-025), never mitigations=off"
#     restart: "reboot"
#     rollback: "remove argument; reboot"
#   messages:
#     safe: "Spectre variant 1: {found}"
#     vulnerable: "Spectre variant 1 is not mitigated ({clause}): {found}"
#     smt: "Spectre variant 1 is open between sibling threads: {found}"
#     smtTrusted: "Spectre variant 1 is open between sibling threads, which tenants who trust each other may share: {found}"
#     smtUnknown: "Spectre variant 1: the kernel does not know whether sibling threads are in use: {found}"
#     stateUnknown: "Spectre variant 1: the kernel does not know: {found}"
#     notReported: "This kernel is too old to report on Spectre variant 1"
#   source: "docs.kernel.org admin-guide/hw-vuln and sysfs of a test host; CAC rule"
kvm_104 := vulnerability.judged("spectre_v1", set())

# METADATA
# title: "CPU vulnerability spectre_v2 mitigated"
# description: "A guest trains the branch predictor so that the host speculates where the guest wants it to."
# custom:
#   id: KVM-105
#   severity: high
#   family: SCH
#   always: true
#   facts: ["cpu.vulnerabilities.spectre_v2"]
#   safe: "first clause starts with 'Not affected' or 'Mitigation:' (not 'Mitigation: None'); no later clause says Vulnerable (for example 'BHI: Vulnerable'); 'SMT vulnerable' fails when policy.tenants=untrusted; 'Unknown' is reported as unknown, never as pass"
#   default: "Mitigation"
#   remediation: "kernel + microcode update; drop the matching off token"
#   disable:
#     how: "kernel argument for this one issue (see KVM-025), never mitigations=off"
#     restart: "reboot"
#     rollback: "remove argument; reboot"
#   messages:
#     safe: "Spectre variant 2: {found}"
#     vulnerable: "Spectre variant 2 is not mitigated ({clause}): {found}"
#     smt: "Spectre variant 2 is open between sibling threads: {found}"
#     smtTrusted: "Spectre variant 2 is open between sibling threads, which tenants who trust each other may share: {found}"
#     smtUnknown: "Spectre variant 2: the kernel does not know whether sibling threads are in use: {found}"
#     stateUnknown: "Spectre variant 2: the kernel does not know: {found}"
#     notReported: "This kernel is too old to report on Spectre variant 2"
#   source: "docs.kernel.org admin-guide/hw-vuln and sysfs of a test host; CAC rule"
kvm_105 := vulnerability.judged("spectre_v2", set())

# METADATA
# title: "CPU vulnerability spec_store_bypass mitigated"
# description: "A load runs ahead of an older store and reads what the store should have replaced."
# custom:
#   id: KVM-106
#   severity: high
#   family: SCH
#   always: true
#   facts: ["cpu.vulnerabilities.spec_store_bypass"]
#   safe: "first clause starts with 'Not affected' or 'Mitigation:' (not 'Mitigation: None'); no later clause says Vulnerable (for example 'BHI: Vulnerable'); 'SMT vulnerable' fails when policy.tenants=untrusted; 'Unknown' is reported as unknown, never as pass"
#   default: "Mitigation"
#   remediation: "kernel + microcode update; drop the matching off token"
#   disable:
#     how: "kernel argument for this one issue (see KVM-025), never mitigations=off"
#     restart: "reboot"
#     rollback: "remove argument; reboot"
#   messages:
#     safe: "Speculative store bypass: {found}"
#     vulnerable: "Speculative store bypass is not mitigated ({clause}): {found}"
#     smt: "Speculative store bypass is open between sibling threads: {found}"
#     smtTrusted: "Speculative store bypass is open between sibling threads, which tenants who trust each other may share: {found}"
#     smtUnknown: "Speculative store bypass: the kernel does not know whether sibling threads are in use: {found}"
#     stateUnknown: "Speculative store bypass: the kernel does not know: {found}"
#     notReported: "This kernel is too old to report on Speculative store bypass"
#   source: "docs.kernel.org admin-guide/hw-vuln and sysfs of a test host; CAC rule"
kvm_106 := vulnerability.judged("spec_store_bypass", set())

# METADATA
# title: "CPU vulnerability tsx_async_abort mitigated"
# description: "An aborted transaction reads data from buffers inside the processor."
# custom:
#   id: KVM-107
#   severity: high
#   family: SCH
#   facts: ["cpu.vulnerabilities.tsx_async_abort"]
#   safe: "first clause starts with 'Not affected' or 'Mitigation:' (not 'Mitigation: None'); no later clause says Vulnerable (for example 'BHI: Vulnerable'); 'SMT vulnerable' fails when policy.tenants=untrusted; 'Unknown' is reported as unknown, never as pass"
#   default: "Mitigation"
#   remediation: "kernel + microcode update; drop the matching off token"
#   disable:
#     how: "kernel argument for this one issue (see KVM-025), never mitigations=off"
#     restart: "reboot"
#     rollback: "remove argument; reboot"
#   messages:
#     safe: "TSX asynchronous abort (TAA): {found}"
#     vulnerable: "TSX asynchronous abort (TAA) is not mitigated ({clause}): {found}"
#     smt: "TSX asynchronous abort (TAA) is open between sibling threads: {found}"
#     smtTrusted: "TSX asynchronous abort (TAA) is open between sibling threads, which tenants who trust each other may share: {found}"
#     smtUnknown: "TSX asynchronous abort (TAA): the kernel does not know whether sibling threads are in use: {found}"
#     stateUnknown: "TSX asynchronous abort (TAA): the kernel does not know: {found}"
#     notReported: "This kernel is too old to report on TSX asynchronous abort (TAA)"
#     otherVendor: "Processors of the vendor {found} do not have TSX asynchronous abort (TAA)"
#   source: "docs.kernel.org admin-guide/hw-vuln and sysfs of a test host; CAC rule"
kvm_107 := vulnerability.judged("tsx_async_abort", intel_made)

# METADATA
# title: "CPU vulnerability itlb_multihit mitigated"
# description: "A guest stops the whole machine by changing the size of an executable page."
# custom:
#   id: KVM-108
#   severity: high
#   family: SCH
#   facts: ["cpu.vulnerabilities.itlb_multihit"]
#   safe: "'Not affected', or starts with 'KVM: Mitigation:' (Split huge pages, VMX unsupported, VMX disabled); fail on 'KVM: Vulnerable' and 'Processor vulnerable'. A plain Mitigation prefix test is wrong here"
#   default: "Mitigation"
#   remediation: "kernel + microcode update; drop the matching off token"
#   disable:
#     how: "kernel argument for this one issue (see KVM-025), never mitigations=off"
#     restart: "reboot"
#     rollback: "remove argument; reboot"
#   messages:
#     safe: "iTLB multihit: {found}"
#     vulnerable: "iTLB multihit is not mitigated ({clause}): {found}"
#     smt: "iTLB multihit is open between sibling threads: {found}"
#     smtTrusted: "iTLB multihit is open between sibling threads, which tenants who trust each other may share: {found}"
#     smtUnknown: "iTLB multihit: the kernel does not know whether sibling threads are in use: {found}"
#     stateUnknown: "iTLB multihit: the kernel does not know: {found}"
#     notReported: "This kernel is too old to report on iTLB multihit"
#     otherVendor: "Processors of the vendor {found} do not have iTLB multihit"
#   source: "docs.kernel.org admin-guide/hw-vuln and sysfs of a test host; CAC rule"
kvm_108 := vulnerability.judged("itlb_multihit", intel_made)

# METADATA
# title: "CPU vulnerability srbds mitigated"
# description: "A guest reads random numbers that another core has just drawn."
# custom:
#   id: KVM-109
#   severity: high
#   family: SCH
#   facts: ["cpu.vulnerabilities.srbds"]
#   safe: "first clause starts with 'Not affected' or 'Mitigation:' (not 'Mitigation: None'); no later clause says Vulnerable (for example 'BHI: Vulnerable'); 'SMT vulnerable' fails when policy.tenants=untrusted; 'Unknown' is reported as unknown, never as pass"
#   default: "Mitigation"
#   remediation: "kernel + microcode update; drop the matching off token"
#   disable:
#     how: "kernel argument for this one issue (see KVM-025), never mitigations=off"
#     restart: "reboot"
#     rollback: "remove argument; reboot"
#   messages:
#     safe: "Special register buffer data sampling (SRBDS): {found}"
#     vulnerable: "Special register buffer data sampling (SRBDS) is not mitigated ({clause}): {found}"
#     smt: "Special register buffer data sampling (SRBDS) is open between sibling threads: {found}"
#     smtTrusted: "Special register buffer data sampling (SRBDS) is open between sibling threads, which tenants who trust each other may share: {found}"
#     smtUnknown: "Special register buffer data sampling (SRBDS): the kernel does not know whether sibling threads are in use: {found}"
#     stateUnknown: "Special register buffer data sampling (SRBDS): the kernel does not know: {found}"
#     notReported: "This kernel is too old to report on Special register buffer data sampling (SRBDS)"
#     otherVendor: "Processors of the vendor {found} do not have Special register buffer data sampling (SRBDS)"
#   source: "docs.kernel.org admin-guide/hw-vuln and sysfs of a test host; CAC rule"
kvm_109 := vulnerability.judged("srbds", intel_made)

# METADATA
# title: "CPU vulnerability mmio_stale_data mitigated"
# description: "A guest with an assigned device reads old data from buffers through memory-mapped registers."
# custom:
#   id: KVM-110
#   severity: high
#   family: SCH
#   facts: ["cpu.vulnerabilities.mmio_stale_data"]
#   safe: "first clause starts with 'Not affected' or 'Mitigation:' (not 'Mitigation: None'); no later clause says Vulnerable (for example 'BHI: Vulnerable'); 'SMT vulnerable' fails when policy.tenants=untrusted; 'Unknown' is reported as unknown, never as pass"
#   default: "Mitigation"
#   remediation: "kernel + microcode update; drop the matching off token"
#   disable:
#     how: "kernel argument for this one issue (see KVM-025), never mitigations=off"
#     restart: "reboot"
#     rollback: "remove argument; reboot"
#   messages:
#     safe: "MMIO stale data: {found}"
#     vulnerable: "MMIO stale data is not mitigated ({clause}): {found}"
#     smt: "MMIO stale data is open between sibling threads: {found}"
#     smtTrusted: "MMIO stale data is open between sibling threads, which tenants who trust each other may share: {found}"
#     smtUnknown: "MMIO stale data: the kernel does not know whether sibling threads are in use: {found}"
#     stateUnknown: "MMIO stale data: the kernel does not know: {found}"
#     notReported: "This kernel is too old to report on MMIO stale data"
#     otherVendor: "Processors of the vendor {found} do not have MMIO stale data"
#   source: "docs.kernel.org admin-guide/hw-vuln and sysfs of a test host; CAC rule"
kvm_110 := vulnerability.judged("mmio_stale_data", intel_made)

# METADATA
# title: "CPU vulnerability retbleed mitigated"
# description: "Return instructions are predicted like indirect branches, which retpolines were meant to avoid."
# custom:
#   id: KVM-111
#   severity: high
#   family: SCH
#   facts: ["cpu.vulnerabilities.retbleed"]
#   safe: "first clause starts with 'Not affected' or 'Mitigation:' (not 'Mitigation: None'); no later clause says Vulnerable (for example 'BHI: Vulnerable'); 'SMT vulnerable' fails when policy.tenants=untrusted; 'Unknown' is reported as unknown, never as pass"
#   default: "Mitigation"
#   remediation: "kernel + microcode update; drop the matching off token"
#   disable:
#     how: "kernel argument for this one issue (see KVM-025), never mitigations=off"
#     restart: "reboot"
#     rollback: "remove argument; reboot"
#   messages:
#     safe: "Retbleed: {found}"
#     vulnerable: "Retbleed is not mitigated ({clause}): {found}"
#     smt: "Retbleed is open between sibling threads: {found}"
#     smtTrusted: "Retbleed is open between sibling threads, which tenants who trust each other may share: {found}"
#     smtUnknown: "Retbleed: the kernel does not know whether sibling threads are in use: {found}"
#     stateUnknown: "Retbleed: the kernel does not know: {found}"
#     notReported: "This kernel is too old to report on Retbleed"
#     otherVendor: "Processors of the vendor {found} do not have Retbleed"
#   source: "docs.kernel.org admin-guide/hw-vuln and sysfs of a test host; CAC rule"
kvm_111 := vulnerability.judged("retbleed", {"intel", "amd", "hygon"})

# METADATA
# title: "CPU vulnerability spec_rstack_overflow mitigated"
# description: "A guest steers where returns of the host speculate to, on AMD Zen 1 to 4."
# custom:
#   id: KVM-112
#   severity: high
#   family: SCH
#   facts: ["cpu.vulnerabilities.spec_rstack_overflow"]
#   safe: "first clause starts with 'Not affected' or 'Mitigation:' (not 'Mitigation: None'); no later clause says Vulnerable (for example 'BHI: Vulnerable'); 'SMT vulnerable' fails when policy.tenants=untrusted; 'Unknown' is reported as unknown, never as pass"
#   default: "Mitigation"
#   remediation: "kernel + microcode update; drop the matching off token"
#   disable:
#     how: "kernel argument for this one issue (see KVM-025), never mitigations=off"
#     restart: "reboot"
#     rollback: "remove argument; reboot"
#   messages:
#     safe: "Speculative return stack overflow (SRSO): {found}"
#     vulnerable: "Speculative return stack overflow (SRSO) is not mitigated ({clause}): {found}"
#     smt: "Speculative return stack overflow (SRSO) is open between sibling threads: {found}"
#     smtTrusted: "Speculative return stack overflow (SRSO) is open between sibling threads, which tenants who trust each other may share: {found}"
#     smtUnknown: "Speculative return stack overflow (SRSO): the kernel does not know whether sibling threads are in use: {found}"
#     stateUnknown: "Speculative return stack overflow (SRSO): the kernel does not know: {found}"
#     notReported: "This kernel is too old to report on Speculative return stack overflow (SRSO)"
#     otherVendor: "Processors of the vendor {found} do not have Speculative return stack overflow (SRSO)"
#   source: "docs.kernel.org admin-guide/hw-vuln and sysfs of a test host; CAC rule"
kvm_112 := vulnerability.judged("spec_rstack_overflow", amd_made)

# METADATA
# title: "CPU vulnerability gather_data_sampling mitigated"
# description: "The gather instruction hands a guest data of other programs from vector registers."
# custom:
#   id: KVM-113
#   severity: high
#   family: SCH
#   facts: ["cpu.vulnerabilities.gather_data_sampling"]
#   safe: "first clause starts with 'Not affected' or 'Mitigation:' (not 'Mitigation: None'); no later clause says Vulnerable (for example 'BHI: Vulnerable'); 'SMT vulnerable' fails when policy.tenants=untrusted; 'Unknown' is reported as unknown, never as pass"
#   default: "Mitigation"
#   remediation: "kernel + microcode update; drop the matching off token"
#   disable:
#     how: "kernel argument for this one issue (see KVM-025), never mitigations=off"
#     restart: "reboot"
#     rollback: "remove argument; reboot"
#   messages:
#     safe: "Gather data sampling (Downfall): {found}"
#     vulnerable: "Gather data sampling (Downfall) is not mitigated ({clause}): {found}"
#     smt: "Gather data sampling (Downfall) is open between sibling threads: {found}"
#     smtTrusted: "Gather data sampling (Downfall) is open between sibling threads, which tenants who trust each other may share: {found}"
#     smtUnknown: "Gather data sampling (Downfall): the kernel does not know whether sibling threads are in use: {found}"
#     stateUnknown: "Gather data sampling (Downfall): the kernel does not know: {found}"
#     notReported: "This kernel is too old to report on Gather data sampling (Downfall)"
#     otherVendor: "Processors of the vendor {found} do not have Gather data sampling (Downfall)"
#   source: "docs.kernel.org admin-guide/hw-vuln and sysfs of a test host; CAC rule"
kvm_113 := vulnerability.judged("gather_data_sampling", intel_made)

# METADATA
# title: "CPU vulnerability reg_file_data_sampling mitigated"
# description: "A guest on an Atom core reads old values of registers."
# custom:
#   id: KVM-114
#   severity: high
#   family: SCH
#   facts: ["cpu.vulnerabilities.reg_file_data_sampling"]
#   safe: "first clause starts with 'Not affected' or 'Mitigation:' (not 'Mitigation: None'); no later clause says Vulnerable (for example 'BHI: Vulnerable'); 'SMT vulnerable' fails when policy.tenants=untrusted; 'Unknown' is reported as unknown, never as pass"
#   default: "Mitigation"
#   remediation: "kernel + microcode update; drop the matching off token"
#   disable:
#     how: "kernel argument for this one issue (see KVM-025), never mitigations=off"
#     restart: "reboot"
#     rollback: "remove argument; reboot"
#   messages:
#     safe: "Register file data sampling (RFDS): {found}"
#     vulnerable: "Register file data sampling (RFDS) is not mitigated ({clause}): {found}"
#     smt: "Register file data sampling (RFDS) is open between sibling threads: {found}"
#     smtTrusted: "Register file data sampling (RFDS) is open between sibling threads, which tenants who trust each other may share: {found}"
#     smtUnknown: "Register file data sampling (RFDS): the kernel does not know whether sibling threads are in use: {found}"
#     stateUnknown: "Register file data sampling (RFDS): the kernel does not know: {found}"
#     notReported: "This kernel is too old to report on Register file data sampling (RFDS)"
#     otherVendor: "Processors of the vendor {found} do not have Register file data sampling (RFDS)"
#   source: "docs.kernel.org admin-guide/hw-vuln and sysfs of a test host; CAC rule"
kvm_114 := vulnerability.judged("reg_file_data_sampling", intel_made)

# METADATA
# title: "CPU vulnerability indirect_target_selection mitigated"
# description: "Some indirect branches take their prediction from a place that the mitigations of Spectre variant 2 do not cover."
# custom:
#   id: KVM-115
#   severity: high
#   family: SCH
#   facts: ["cpu.vulnerabilities.indirect_target_selection"]
#   safe: "starts with Not affected or Mitigation; 'Vulnerable, KVM: Not affected' passes for guest isolation and is reported"
#   default: "Mitigation"
#   remediation: "kernel + microcode update; drop the matching off token"
#   disable:
#     how: "kernel argument for this one issue (see KVM-025), never mitigations=off"
#     restart: "reboot"
#     rollback: "remove argument; reboot"
#   messages:
#     safe: "Indirect target selection (ITS): {found}"
#     vulnerable: "Indirect target selection (ITS) is not mitigated ({clause}): {found}"
#     smt: "Indirect target selection (ITS) is open between sibling threads: {found}"
#     smtTrusted: "Indirect target selection (ITS) is open between sibling threads, which tenants who trust each other may share: {found}"
#     smtUnknown: "Indirect target selection (ITS): the kernel does not know whether sibling threads are in use: {found}"
#     stateUnknown: "Indirect target selection (ITS): the kernel does not know: {found}"
#     notReported: "This kernel is too old to report on Indirect target selection (ITS)"
#     otherVendor: "Processors of the vendor {found} do not have Indirect target selection (ITS)"
#     guestsOnly: "Indirect target selection (ITS) is open for programs of the host, and closed for guests: {found}"
#   source: "docs.kernel.org admin-guide/hw-vuln and sysfs of a test host; CAC rule"
kvm_115 := vulnerability.judged_for_guests("indirect_target_selection", intel_made)

# METADATA
# title: "CPU vulnerability tsa mitigated"
# description: "Timing of falsely completed loads tells a guest about data of others on AMD Zen 3 and 4."
# custom:
#   id: KVM-116
#   severity: high
#   family: SCH
#   facts: ["cpu.vulnerabilities.tsa"]
#   safe: "first clause starts with 'Not affected' or 'Mitigation:' (not 'Mitigation: None'); no later clause says Vulnerable (for example 'BHI: Vulnerable'); 'SMT vulnerable' fails when policy.tenants=untrusted; 'Unknown' is reported as unknown, never as pass"
#   default: "Mitigation"
#   remediation: "kernel + microcode update; drop the matching off token"
#   disable:
#     how: "kernel argument for this one issue (see KVM-025), never mitigations=off"
#     restart: "reboot"
#     rollback: "remove argument; reboot"
#   messages:
#     safe: "Transient scheduler attacks (TSA): {found}"
#     vulnerable: "Transient scheduler attacks (TSA) is not mitigated ({clause}): {found}"
#     smt: "Transient scheduler attacks (TSA) is open between sibling threads: {found}"
#     smtTrusted: "Transient scheduler attacks (TSA) is open between sibling threads, which tenants who trust each other may share: {found}"
#     smtUnknown: "Transient scheduler attacks (TSA): the kernel does not know whether sibling threads are in use: {found}"
#     stateUnknown: "Transient scheduler attacks (TSA): the kernel does not know: {found}"
#     notReported: "This kernel is too old to report on Transient scheduler attacks (TSA)"
#     otherVendor: "Processors of the vendor {found} do not have Transient scheduler attacks (TSA)"
#   source: "docs.kernel.org admin-guide/hw-vuln and sysfs of a test host; CAC rule"
kvm_116 := vulnerability.judged("tsa", amd_made)

# METADATA
# title: "CPU vulnerability vmscape mitigated"
# description: "A guest trains the branch predictor that its own QEMU process uses afterwards, and reads the memory of that process."
# custom:
#   id: KVM-117
#   severity: high
#   family: SCH
#   facts: ["cpu.vulnerabilities.vmscape"]
#   safe: "first clause starts with 'Not affected' or 'Mitigation:' (not 'Mitigation: None'); no later clause says Vulnerable (for example 'BHI: Vulnerable'); 'SMT vulnerable' fails when policy.tenants=untrusted; 'Unknown' is reported as unknown, never as pass"
#   default: "Mitigation"
#   remediation: "kernel + microcode update; drop the matching off token"
#   disable:
#     how: "kernel argument for this one issue (see KVM-025), never mitigations=off"
#     restart: "reboot"
#     rollback: "remove argument; reboot"
#   messages:
#     safe: "VMSCAPE: {found}"
#     vulnerable: "VMSCAPE is not mitigated ({clause}): {found}"
#     smt: "VMSCAPE is open between sibling threads: {found}"
#     smtTrusted: "VMSCAPE is open between sibling threads, which tenants who trust each other may share: {found}"
#     smtUnknown: "VMSCAPE: the kernel does not know whether sibling threads are in use: {found}"
#     stateUnknown: "VMSCAPE: the kernel does not know: {found}"
#     notReported: "This kernel is too old to report on VMSCAPE"
#     otherVendor: "Processors of the vendor {found} do not have VMSCAPE"
#   source: "docs.kernel.org admin-guide/hw-vuln and sysfs of a test host; CAC rule"
kvm_117 := vulnerability.judged("vmscape", {"intel", "amd", "hygon"})

# METADATA
# title: "Every other CPU vulnerability mitigated"
# description: "New flaws bring new files that no control names yet. Each is judged by the same reading of its clauses."
# custom:
#   id: KVM-199
#   severity: high
#   family: SCH
#   facts: ["cpu.vulnerabilities"]
#   safe: "as the kernel reports: Not affected or Mitigation, and no clause says Vulnerable"
#   default: "Mitigation"
#   remediation: "kernel + microcode update; drop the matching off token"
#   disable:
#     how: "kernel argument for this one issue (see KVM-025), never mitigations=off"
#     restart: "reboot"
#     rollback: "remove argument; reboot"
#   messages:
#     safe: "All further flaws that the kernel reports are mitigated: {found}"
#     vulnerable: "Not mitigated: {found}"
#     stateUnknown: "The kernel does not know: {found}"
#     none: "The kernel reports no flaw beyond those that have a control of their own"
#     partly: "Files of the kernel's report could not be read: {found}"
#   source: "docs.kernel.org ABI testing/sysfs-devices-system-cpu (vulnerabilities)"
kvm_199 := judge.unreadable(["cpu.vulnerabilities"]) if {
	not judge.readable("cpu.vulnerabilities")
} else := judge.not_applicable("none", {}, ["cpu.vulnerabilities"]) if {
	others == []
} else := judge.fail("vulnerable", {"found": described("fail")}, facts_with("fail")) if {
	facts_with("fail") != []
} else := confinement.partly(unread, [vulnerability.fact(name) | some name in unread]) if {
	unread != []
} else := judge.missing("stateUnknown", {"found": described("unknown")}, facts_with("unknown")) if {
	facts_with("unknown") != []
} else := judge.pass("safe", {"found": described("pass")}, facts_with("pass"))

# Files that a control of their own judges.
named := {
	"l1tf", "mds", "meltdown", "spectre_v1", "spectre_v2", "spec_store_bypass", "tsx_async_abort", "itlb_multihit", "srbds",
	"mmio_stale_data", "retbleed", "spec_rstack_overflow", "gather_data_sampling", "reg_file_data_sampling", "indirect_target_selection",
	"tsa", "vmscape", "old_microcode",
}

others := [name | some name in judge.value("cpu.vulnerabilities"); not name in named]

outcome[name] := vulnerability.judged(name, set()).verdict if some name in others

unread := [name | some name in others; not judge.readable(vulnerability.fact(name))]

with_outcome(verdict) := [name | some name in others; outcome[name] == verdict]

facts_with(verdict) := [vulnerability.fact(name) | some name in with_outcome(verdict)]

described(verdict) := concat("; ", [sprintf("%s: %s", [name, vulnerability.text(name)]) | some name in with_outcome(verdict)])

# Vendors whose processors can have a flaw that was found in those of Intel, or of AMD.
intel_made := {"intel", "zhaoxin"}

amd_made := {"amd", "hygon"}
