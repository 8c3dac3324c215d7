# DMA remapping of the host.
package ringwall.controls.hyperv_host.iom

import data.ringwall.lib.judge

# METADATA
# title: IOMMU present and SR-IOV usable
# description: >-
#   Hyper-V says whether the chipset remaps DMA and the firmware hands control of PCI Express over. Without it a device that
#   is given to a guest could write the host's memory, and Kernel DMA Protection does not work either.
# custom:
#   id: HVS-016
#   severity: info
#   family: IOM
#   facts: ["host.iovSupport", "host.iovReasons"]
#   safe: "True"
#   default: "what platform and firmware give"
#   remediation: >-
#     In the firmware setup switch on VT-d or AMD-Vi, SR-IOV and control of PCI Express by the operating system;
#     IovSupportReasons names what is missing.
#   disable:
#     how: >-
#       switch VT-d or AMD-Vi off in the firmware setup
#     restart: >-
#       host reboot with a person at the firmware setup (console or BMC)
#     rollback: >-
#       the same setup, switched on again
#   messages:
#     safe: "DMA is remapped and SR-IOV can be used"
#     unsafe: "SR-IOV cannot be used: {found}"
#   source: >-
#     docs.microsoft.com archive, blog of John Howard, "SR-IOV in Hyper-V Part 8" (IovSupport, IovSupportReasons)
#   always: true
hvs_016 := judge.needed("host.iovSupport") if not judge.present("host.iovSupport")

else := judge.pass("safe", {}, ["host.iovSupport"]) if judge.value("host.iovSupport") == true

else := judge.fail("unsafe", {"found": reasons}, ["host.iovSupport", "host.iovReasons"])

reasons := judge.value("host.iovReasons") if count(judge.value("host.iovReasons")) > 0

else := "no reason is given"
