package kubernetes.workloads

pod(object) := object.spec if object.kind == "Pod"

pod(object) := object.spec.template.spec if object.kind in {"Deployment", "StatefulSet", "DaemonSet"}

pod(object) := object.spec.jobTemplate.spec.template.spec if object.kind == "CronJob"

containers(object) := array.concat(
	object.get(pod(object), "initContainers", []),
	object.get(pod(object), "containers", []),
)

image(text) := {"registry": registry, "name": name, "tag": tag} if {
	parts := split(text, "/")
	registry := registry_of(parts)
	last := split(parts[count(parts) - 1], ":")
	name := last[0]
	tag := tag_of(last)
}

default registry_of(_) := "docker.io"

registry_of(parts) := parts[0] if {
	count(parts) > 1
	contains(parts[0], ".")
}

default tag_of(_) := "latest"

tag_of(pieces) := pieces[1]
