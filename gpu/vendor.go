package gpu

// Vendors by their numbers in the PCI ID registry, as Vulkan and DX12 tell them; Metal tells none.
const (
	vendorAMD    = 0x1002
	vendorNVIDIA = 0x10DE
)

// UsualVariant is the matmul variant to begin with on a vendor's GPUs, before anything is measured; "" is the member's default.
// NVIDIA's and AMD's have registers enough for 8 x 8 sums an invocation, which halve the reads of workgroup memory that
// bound smaller ones. Intel's and Apple's have not.
func UsualVariant(vendor uint32) string {
	switch vendor {
	case vendorAMD, vendorNVIDIA:
		return "tile 128x128x8 8x8"
	}
	return ""
}
