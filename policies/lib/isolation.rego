# IOMMU groups: fact iommu.groups, [{id, type, devices: [{address, driver, bridge}]}].
package ringwall.lib.isolation

import data.ringwall.lib.judge

groups := judge.value("iommu.groups")

# none: the machine was looked at and has no group.
none if judge.absent("iommu.groups")

none if groups == []

# assignable: groups that hold a device a guest could be given; bridges are never assigned. A group whose devices are not shown counts.
assignable := [group | some group in groups; could_be_assigned(group)]

could_be_assigned(group) if group.devices == []

could_be_assigned(group) if {
	some device in group.devices
	not device.bridge
}

of_type(type) := [group.id | some group in assignable; group.type == type]

without_type := [group.id | some group in assignable; group.type == null]

# is_vfio: the driver hands the device to user space. Variant drivers are named after their device (mlx5_vfio_pci).
is_vfio(device) if contains(device.driver, "vfio")

assigned := [group | some group in groups; some device in group.devices; is_vfio(device)]

# strangers: devices of a group that the host drives itself, although another of the group is assigned.
strangers(group) := [device.address |
	some device in group.devices
	not device.bridge
	is_string(device.driver)
	not is_vfio(device)
	not device.driver in {"pci-stub", "pcieport"}
]
