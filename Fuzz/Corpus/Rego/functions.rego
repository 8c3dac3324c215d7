package f

double(n) := n * 2

pick([a, {"k": b}], _) := [a, b]

kind(1) := "one"

kind(n) := "many" if n > 1

twice := double(double(input.x)) with input.x as 4 with data.n as [1]

mocked := double(3) with double as count
