# Emulated devices and confidential computing.
package ringwall.controls.host.devices

import data.ringwall.lib.confidential
import data.ringwall.lib.module

# METADATA
# title: "VMware backdoor port emulation off"
# description: "The port makes KVM decode instructions after general protection faults, host code that any guest program can reach."
# custom:
#   id: KVM-013
#   severity: medium
#   family: DEV
#   facts: ["module.kvm.enable_vmware_backdoor", "modprobe.kvm.enable_vmware_backdoor"]
#   safe: "N or 0"
#   default: "N"
#   remediation: "remove enable_vmware_backdoor=1"
#   disable:
#     how: "options kvm enable_vmware_backdoor=1"
#     restart: "module-reload"
#     rollback: "delete drop-in"
#   messages:
#     safe: "Emulation of the VMware backdoor port is off (enable_vmware_backdoor = {found})"
#     unsafe: "Emulation of the VMware backdoor port is on (enable_vmware_backdoor = {found})"
#     safeUntilReload: "Emulation of the VMware backdoor port is off now (enable_vmware_backdoor = {found}), but the next load of kvm sets enable_vmware_backdoor={next}"
#     unsafeUntilReload: "Emulation of the VMware backdoor port is on now (enable_vmware_backdoor = {found}); the next load of kvm sets enable_vmware_backdoor={next}, so reload it with all guests down"
#     noModule: "kvm is not in use on this host"
#     noParameter: "kvm has no parameter enable_vmware_backdoor here, so it cannot be switched on"
#     unrecognised: "enable_vmware_backdoor = {found} is neither on nor off"
#   source: "kernel-parameters.txt"
kvm_013 := module.switched_if_any("kvm", "enable_vmware_backdoor", "off")

# METADATA
# title: "AMD SEV usable when policy asks for it"
# description: "With Secure Encrypted Virtualization the memory of a guest is encrypted with a key that the host does not have. Whether guests are to have it is the site's choice: the parameter cc."
# custom:
#   id: KVM-016
#   severity: info
#   family: CNF
#   facts: ["module.kvm_amd.sev"]
#   safe: "sev = Y or 1 where the parameter cc asks for sev"
#   default: "parameter default Y; reads N when CPU, firmware or PSP cannot do SEV"
#   remediation: "enable SEV in firmware (ASIDs, PSP); remove kvm_amd.sev=0; reload kvm_amd"
#   disable:
#     how: "options kvm_amd sev=0; reload kvm_amd with all VMs down"
#     restart: "module reload (all VMs down)"
#     rollback: "delete the drop-in; reload; read Y"
#   messages:
#     safe: "AMD SEV can be used (sev = {found})"
#     unsafe: "The baseline asks for AMD SEV, and it cannot be used (sev = {found})"
#     unsupported: "The baseline asks for AMD SEV, and kvm_amd does not offer it here"
#     notAsked: "The baseline asks for {wanted}, not for AMD SEV"
#     noModule: "kvm_amd is not in use on this host"
#     unrecognised: "sev = {found} is neither on nor off"
#   source: "torvalds/linux arch/x86/kvm/svm/sev.c (sev, 0444); docs.kernel.org virt/kvm/x86/amd-memory-encryption"
kvm_016 := confidential.usable("kvm_amd", "sev", "sev")

# METADATA
# title: "AMD SEV-SNP usable when policy asks for it"
# description: "Secure Nested Paging keeps the host from swapping or remapping encrypted guest memory. Whether guests are to have it is the site's choice: the parameter cc."
# custom:
#   id: KVM-017
#   severity: info
#   family: CNF
#   facts: ["module.kvm_amd.sev_snp"]
#   safe: "sev_snp = Y or 1 where the parameter cc asks for sev-snp"
#   default: "parameter default Y on kernels with SNP host support; reads N without firmware support"
#   remediation: "enable SNP in firmware (SNP memory/RMP coverage); remove kvm_amd.sev_snp=0; reload kvm_amd"
#   disable:
#     how: "options kvm_amd sev_snp=0; reload kvm_amd with all VMs down"
#     restart: "module reload (all VMs down)"
#     rollback: "delete the drop-in; reload; read Y"
#   messages:
#     safe: "AMD SEV-SNP can be used (sev_snp = {found})"
#     unsafe: "The baseline asks for AMD SEV-SNP, and it cannot be used (sev_snp = {found})"
#     unsupported: "The baseline asks for AMD SEV-SNP, and kvm_amd does not offer it here"
#     notAsked: "The baseline asks for {wanted}, not for AMD SEV-SNP"
#     noModule: "kvm_amd is not in use on this host"
#     unrecognised: "sev_snp = {found} is neither on nor off"
#   source: "torvalds/linux arch/x86/kvm/svm/sev.c (sev_snp, 0444)"
kvm_017 := confidential.usable("kvm_amd", "sev_snp", "sev-snp")

# METADATA
# title: "Intel TDX usable when policy asks for it"
# description: "Trust Domain Extensions take the host out of what a guest has to trust. Whether guests are to have it is the site's choice: the parameter cc."
# custom:
#   id: KVM-018
#   severity: info
#   family: CNF
#   facts: ["module.kvm_intel.tdx"]
#   safe: "tdx = Y or 1 where the parameter cc asks for tdx"
#   default: "N (no initialiser in tdx.c; some out-of-tree series default to Y)"
#   remediation: "kvm_intel.tdx=1 + BIOS TDX"
#   disable:
#     how: "options kvm_intel tdx=0"
#     restart: "module reload (all VMs down)"
#     rollback: "delete drop-in"
#   messages:
#     safe: "Intel TDX can be used (tdx = {found})"
#     unsafe: "The baseline asks for Intel TDX, and it cannot be used (tdx = {found})"
#     unsupported: "The baseline asks for Intel TDX, and kvm_intel does not offer it here"
#     notAsked: "The baseline asks for {wanted}, not for Intel TDX"
#     noModule: "kvm_intel is not in use on this host"
#     unrecognised: "tdx = {found} is neither on nor off"
#   source: "torvalds/linux arch/x86/kvm/vmx/tdx.c (tdx, bool, 0444)"
kvm_018 := confidential.usable("kvm_intel", "tdx", "tdx")
