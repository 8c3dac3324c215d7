package old

import future.keywords.in

allow { input.x == 1 }

deny[msg] { msg := "a"; not allow }

obj[k] = v { v := data.n[k] }

f(x) = y { y := x; true }

p = 1 { false } else = 2 { true }
