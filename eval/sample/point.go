package sample

// one is the width of a pixel in the coordinates of scenes.
const one = 256

// A point of a scene, in 256ths of a pixel, or of a shape or texture in its own coordinates. y points down.
type point struct{ x, y int }

func (p point) plus(q point) point  { return point{p.x + q.x, p.y + q.y} }
func (p point) minus(q point) point { return point{p.x - q.x, p.y - q.y} }

// times is p * num / den.
func (p point) times(num, den int) point { return point{p.x * num / den, p.y * num / den} }

// turned is p turned clockwise, as y points down.
func (p point) turned(degrees int) point {
	sin, cos := sine(degrees), sine(degrees+90)
	return point{(p.x*cos - p.y*sin) >> 12, (p.x*sin + p.y*cos) >> 12}
}

// sine is 4096 sin(degrees) to about 0.2 percent.
func sine(degrees int) int { return sines[mod(degrees, 360)] }

// sines are by Bhaskara's formula, which needs integers only.
var sines = func() (table [360]int) {
	for d := range 180 {
		product := d * (180 - d)
		table[d] = 4 * product * 4096 / (40500 - product)
		table[d+180] = -table[d]
	}
	return table
}()

// mod is in 0..n-1, also below zero.
func mod(a, n int) int { return (a%n + n) % n }

// floor is a/n rounded down, also below zero.
func floor(a, n int) int { return (a - mod(a, n)) / n }

func square(a int) int { return a * a }
