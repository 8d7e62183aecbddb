package sample

// unit is a shape's radius in its own coordinates: all of it lies within unit of its middle.
const unit = 1024

// A shape tells which points belong to it.
type shape func(p point) bool

func disc(p point) bool { return square(p.x)+square(p.y) < square(unit) }

func ring(p point) bool { return disc(p) && square(p.x)+square(p.y) > square(unit*9/20) }

func box(p point) bool { return max(abs(p.x), abs(p.y)) < unit*7/10 }

func bar(p point) bool { return abs(p.x) < unit*3/10 && abs(p.y) < unit*19/20 }

func cross(p point) bool {
	near, far := min(abs(p.x), abs(p.y)), max(abs(p.x), abs(p.y))
	return near < unit*3/10 && far < unit*19/20
}

func triangle(p point) bool {
	return p.y < unit/2 && 2*abs(p.x) < p.y+unit // its tip at the top
}

// tee is wide at the top and narrow below.
func tee(p point) bool {
	return abs(p.x) < unit*17/20 && p.y > -unit/2 && p.y < 0 || abs(p.x) < unit*9/20 && p.y >= 0 && p.y < unit*17/20
}

// pair is two bars side by side, joined at the top.
func pair(p point) bool {
	if abs(p.x) >= unit/2 || abs(p.y) >= unit*17/20 {
		return false
	}
	return p.y < -unit*9/20 || abs(p.x) > unit*3/20
}

func abs(a int) int { return max(a, -a) }
