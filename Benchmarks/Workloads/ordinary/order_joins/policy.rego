# Orders, customers, payments: tables as arrays, joined by their columns.
package order_joins

late contains line if {
	some order in input.orders
	some customer in input.customers
	customer.id == order.customer
	customer.tier == "gold"
	order.days > 5
	line := {"order": order.id, "customer": customer.name}
}

paid_by[order.id] := payment.method if {
	some order in input.orders
	some payment in input.payments
	payment.order == order.id
	payment.amount == order.amount
}

unpaid contains order.id if {
	some order in input.orders
	not has_payment(order)
}

has_payment(order) if {
	some payment in input.payments
	payment.order == order.id
}

duplicates contains {a.id, b.id} if {
	some i, a in input.payments
	some j, b in input.payments
	a.order == b.order
	i < j
}

by_region[region] := orders if {
	some region in {c.region | some c in input.customers}
	ids := {c.id | some c in input.customers; c.region == region}
	orders := [o.id | some o in input.orders; o.customer in ids]
}

orders_of := {c.id: ids |
	some c in input.customers
	ids := [o.id | some o in input.orders; o.customer == c.id]
}

totals[c.name] := total if {
	some c in input.customers
	total := sum([o.amount | some o in input.orders; o.customer == c.id])
	total > 0
}

methods := {method: orders |
	some method in {p.method | some p in input.payments}
	orders := {p.order | some p in input.payments; p.method == method}
}

shared contains city if {
	some a in input.customers
	city := a.city
	some w in input.warehouses
	w.city == city
	w.open
}

nearest[order.id] := w.name if {
	some order in input.orders
	some c in input.customers
	c.id == order.customer
	some w in input.warehouses
	w.city == c.city
	w.open
}

report := {
	"late": late,
	"paid": count(paid_by),
	"unpaid": unpaid,
	"duplicates": count(duplicates),
	"regions": {region: count(orders) | some region, orders in by_region},
	"busy": {id | some id, orders in orders_of; count(orders) > 2},
	"totals": totals,
	"methods": {m: count(o) | some m, o in methods},
	"shared": shared,
	"nearest": {w: count([1 | some v in nearest; v == w]) | some w in {v | some v in nearest}},
}
