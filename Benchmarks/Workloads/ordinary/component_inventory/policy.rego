# Components of products: versions, advisories, licences, nested documents that rules build together.
package component_inventory

components[product.name][c.name] := c.version if {
	some product in input.products
	some c in product.components
}

advisories_for[name] contains advisory if {
	some advisory in data.advisories
	name := advisory.component
}

vulnerable[product][name] contains advisory.id if {
	some product, parts in components
	some name, version in parts
	some advisory in advisories_for[name]
	affected(version, advisory)
}

affected(version, advisory) if {
	some range in advisory.ranges
	semver.compare(version, range.introduced) >= 0
	semver.compare(version, range.fixed) < 0
}

worst[product] := max(scores) if {
	some product, parts in vulnerable
	scores := [score | some ids in parts; some id in ids; score := score_of[id]]
}

score_of := {a.id: a.score | some a in data.advisories}

blocked contains product if worst[product] >= data.block_at

licences[product] := {l |
	some p in input.products
	p.name == product
	some c in p.components
	some l in split(replace(c.licence, " OR ", "|"), "|")
} if {
	some product, _ in components
}

forbidden[product] := bad if {
	some product, found in licences
	bad := found & {l | some l in data.forbidden}
	count(bad) > 0
}

users_of[name] contains product if {
	some product, parts in components
	some name, _ in parts
}

spread[name] := versions if {
	some name, products in users_of
	versions := {components[product][name] | some product in products}
	count(versions) > 1
}

newest[name] := v if {
	some name, versions in spread
	some v in versions
	every other in versions { semver.compare(v, other) >= 0 }
}

outdated[product] contains name if {
	some name, v in newest
	some product in users_of[name]
	components[product][name] != v
}

signed := {p.name | some p in input.products; every c in p.components { c.digest; startswith(c.digest, "sha256:"); count(c.digest) == 23 }}

upgrade[product][name] := fixed if {
	some product, parts in vulnerable
	some name, ids in parts
	fixed := sort([r.fixed | some a in advisories_for[name]; a.id in ids; some r in a.ranges])[0]
}

report := {
	"blocked": blocked,
	"worst": worst,
	"forbidden": forbidden,
	"newest": newest,
	"outdated": {p: count(n) | some p, n in outdated},
	"signed": signed,
	"upgrade": upgrade,
	"shared": {name | some name, products in users_of; count(products) == count(components)},
	"clean": object.keys(components) - object.keys(vulnerable),
}
