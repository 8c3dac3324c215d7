# What a container may use up, and how its end is noticed.
package ringwall.controls.container.limits

import data.ringwall.lib.container
import data.ringwall.lib.judge

# METADATA
# title: "Memory limited"
# description: >-
#   Without a limit one container takes the host's memory, and the kernel then ends whatever it picks, other tenants' processes
#   among them.
# custom:
#   id: DKR-017
#   severity: medium
#   family: CTR
#   facts: ["limits.memory", "object"]
#   safe: "> 0"
#   default: "0: none"
#   remediation: "docker update -m 512m --memory-swap 512m NAME, and -m in how it is started"
#   disable:
#     how: "run without -m, or docker update -m 0 NAME"
#     restart: "none (docker update)"
#     rollback: "docker update -m 512m NAME"
#   messages:
#     safe: "Memory is limited to {found} bytes"
#     unsafe: "Memory is not limited"
#     image: "An image does not decide this; it is given when a container is made from it"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 5.11); Docker Engine API, ContainerInspect"
dkr_017 := container.image if container.is_image

else := container.above_zero("limits.memory")

# METADATA
# title: "Number of processes limited"
# description: "A loop of forks in one container uses up the host's process ids; nobody logs in to stop it."
# custom:
#   id: DKR-019
#   severity: medium
#   family: CTR
#   facts: ["limits.pids", "object"]
#   safe: "> 0"
#   default: "0: none"
#   remediation: "docker update --pids-limit 100 NAME, and --pids-limit in how it is started"
#   disable:
#     how: "docker update --pids-limit -1 NAME"
#     restart: "none (docker update)"
#     rollback: "docker update --pids-limit 100 NAME"
#   messages:
#     safe: "At most {found} processes"
#     unsafe: "The number of processes is not limited"
#     image: "An image does not decide this; it is given when a container is made from it"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 5.29); Docker Engine API, ContainerInspect"
dkr_019 := container.image if container.is_image

else := container.above_zero("limits.pids")

# METADATA
# title: "Processor time limited"
# description: "Without a share or quota one busy container slows down every other on the host."
# custom:
#   id: DKR-018
#   severity: low
#   family: CTR
#   facts: ["limits.cpu", "object"]
#   safe: "CpuShares, NanoCpus or CpuQuota above 0"
#   default: "0: none"
#   remediation: "docker update --cpus 1.5 NAME, and --cpus in how it is started"
#   disable:
#     how: "docker update --cpus 0 NAME"
#     restart: "none (docker update)"
#     rollback: "docker update --cpus 1.5 NAME"
#   messages:
#     safe: "Processor time is limited"
#     unsafe: "Processor time is not limited"
#     image: "An image does not decide this; it is given when a container is made from it"
#   source: >-
#     docker-bench-security ff26d67 (CIS Docker Benchmark 5.12); Docker Engine API, ContainerInspect; a quota counts too, which
#     docker-bench-security does not look at and which is what --cpus sets in older engines
dkr_018 := container.image if container.is_image

else := judge.unreadable(["limits.cpu"]) if not judge.readable("limits.cpu")

else := judge.pass("safe", {}, ["limits.cpu"]) if judge.present("limits.cpu")

else := judge.fail("unsafe", {}, ["limits.cpu"])

# METADATA
# title: "Restarts bounded"
# description: "A container that is attacked or broken and restarts for ever tries for ever, and hides that it ended."
# custom:
#   id: DKR-020
#   severity: low
#   family: CTR
#   facts: ["restart", "object"]
#   safe: "no, or on-failure with 1 to 5 tries"
#   default: "no"
#   remediation: "docker update --restart on-failure:5 NAME"
#   disable:
#     how: "docker update --restart always NAME"
#     restart: "none (docker update)"
#     rollback: "docker update --restart on-failure:5 NAME"
#   messages:
#     safe: "The container is restarted at most {found} times"
#     no: "The container is not restarted"
#     unsafe: "The container is restarted without end ({found})"
#     many: "The container is restarted {found} times"
#     image: "An image does not decide this; it is given when a container is made from it"
#     bundle: "An OCI bundle does not hold this; the engine that starts it decides"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 5.15); Docker Engine API, ContainerInspect"
dkr_020 := container.image if container.is_image

else := container.bundle if container.is_bundle

else := judge.unreadable(["restart"]) if not judge.readable("restart")

else := judge.pass("no", {}, ["restart"]) if judge.effective("restart", {"policy": ""}).policy in {"", "no"}

else := judge.fail("unsafe", {"found": judge.value("restart").policy}, ["restart"]) if container.restarts == 0

else := judge.pass("safe", {"found": container.restarts}, ["restart"]) if container.restarts <= 5

else := judge.fail("many", {"found": container.restarts}, ["restart"])

# METADATA
# title: "Health check present"
# description: "Without a check a container whose service is dead counts as running, and nothing that watches it notices."
# custom:
#   id: DKR-025
#   severity: low
#   family: CTR
#   facts: ["healthcheck", "object"]
#   safe: "a check, not NONE"
#   default: "none"
#   remediation: "HEALTHCHECK in the image, or docker run --health-cmd"
#   disable:
#     how: "docker run --no-healthcheck for the named container only"
#     restart: "stop, remove and run the container again (docker update cannot change it)"
#     rollback: "run again with the check; docker inspect shows Config.Healthcheck"
#   messages:
#     safe: "Health is checked"
#     unsafe: "Nothing checks whether the service works"
#     off: "The check is switched off"
#     bundle: "An OCI bundle does not hold this; the engine that starts it decides"
#   source: "docker-bench-security ff26d67 (CIS Docker Benchmark 4.6, 5.27); Docker Engine API, ContainerInspect and ImageInspect"
dkr_025 := container.bundle if container.is_bundle

else := judge.unreadable(["healthcheck"]) if not judge.readable("healthcheck")

else := judge.fail("unsafe", {}, ["healthcheck"]) if judge.empty("healthcheck")

else := judge.fail("off", {}, ["healthcheck"]) if judge.value("healthcheck")[0] == "NONE"

else := judge.pass("safe", {}, ["healthcheck"])
