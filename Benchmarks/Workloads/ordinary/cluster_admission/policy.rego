# Admission of workloads: rules in a package of their own, helpers in another one, one table of limits.
package cluster_admission

import data.kubernetes.workloads

review[object.metadata.name] := violations if {
	some object in input.items
	violations := {v | some v in findings(object)}
	count(violations) > 0
}

findings(object) := union({
	image_findings(object),
	limit_findings(object),
	probe_findings(object),
	label_findings(object),
	security_findings(object),
})

image_findings(object) := {msg |
	some c in workloads.containers(object)
	image := workloads.image(c.image)
	not registry_allowed(image.registry)
	msg := sprintf("%s/%s: image %q comes from %s", [object.metadata.name, c.name, c.image, image.registry])
} | {msg |
	some c in workloads.containers(object)
	workloads.image(c.image).tag == "latest"
	msg := sprintf("%s/%s: image is not pinned", [object.metadata.name, c.name])
}

registry_allowed(registry) if {
	some pattern in data.limits.registries
	glob.match(pattern, ["."], registry)
}

limit_findings(object) := {msg |
	some c in workloads.containers(object)
	some resource, most in data.limits.resources
	wanted := object_path(c, ["resources", "limits", resource])
	units.parse_bytes(wanted) > units.parse_bytes(most)
	msg := sprintf("%s/%s: %s of %s is more than %s", [object.metadata.name, c.name, resource, wanted, most])
}

object_path(value, path) := found if {
	found := object.get(value, path, null)
	found != null
}

probe_findings(object) := {msg |
	object.kind == "Deployment"
	some c in workloads.containers(object)
	some probe in ["livenessProbe", "readinessProbe"]
	not c[probe]
	msg := sprintf("%s/%s: no %s", [object.metadata.name, c.name, probe])
}

label_findings(object) := {sprintf("%s: label %s is missing", [object.metadata.name, l]) |
	some l in data.limits.labels
	not object.metadata.labels[l]
} | {sprintf("%s: owner %v is no team", [object.metadata.name, owner]) |
	owner := object.metadata.labels.owner
	not regex.match(`^team-[a-z]{2,12}$`, owner)
}

security_findings(object) := {msg |
	some c in workloads.containers(object)
	some check in data.limits.checks
	actual := object.get(c, check.path, check.missing)
	actual != check.value
	msg := sprintf("%s/%s: %s is %v", [object.metadata.name, c.name, concat(".", check.path), actual])
}

by_namespace[namespace] := n if {
	some namespace in {object.metadata.namespace | some object in input.items}
	n := count([1 |
		some object in input.items
		object.metadata.namespace == namespace
		review[object.metadata.name]
	])
}

default allowed := false

allowed if count(review) == 0

report := {
	"allowed": allowed,
	"review": review,
	"by_namespace": by_namespace,
	"total": sum([count(v) | some v in review]),
}
