// count += 1, once at the end of each submission. The host knows how often that was: where the device's count is another,
// a submission did not run.
//
//   count  (1)

@group(0) @binding(0) var<storage, read_write> count: array<u32>;

@compute @workgroup_size(1)
fn main() {
    count[0] += 1u;
}
