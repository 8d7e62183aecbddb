package disk

import "fmt"

// Size is a number of bytes to read: 512 B, 1.5 KiB, 2 GiB.
func Size(bytes uint64) string {
	const units = "KMGTPE"
	if bytes < 1<<10 {
		return fmt.Sprintf("%d B", bytes)
	}
	v, i := float64(bytes)/(1<<10), 0
	// What would be written as 1024 goes to the next unit: some drivers report one byte short of a power of two.
	for v >= 1023.95 && i < len(units)-1 {
		v, i = v/(1<<10), i+1
	}
	return fmt.Sprintf("%.4g %ciB", v, units[i])
}
