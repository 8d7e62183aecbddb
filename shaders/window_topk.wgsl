// The context patches that a patch's label comes from: those in the square around it, in all context frames together, that
// are as similar as the BEST-th or more. Ties at the BEST-th all stay. A workgroup of LANES per patch of the block.
//
//   similarities  (F, stride)   of each frame: (block, window), the products of unit features; the rest of stride unused
//   place         (4)           row and column where the block begins, row and column where the window does
//   kept          (T, M)        where in similarities they stand, as many as counts says; the rest stays as it was
//   counts        (T)
//   best          (T)           the largest similarity; -3.4e38 where there is none that is a number
//
// The mask and the top-k of the reference's eval_video_segmentation. Each lane knows the best of its own candidates that
// was not taken yet, as in knn_topk. Kept ones are listed lane by lane, so that sums over them have one order.
//import group
//import window

@group(0) @binding(0) var<storage, read> similarities: array<f32>;
@group(0) @binding(1) var<storage, read> place: array<u32>;
@group(0) @binding(2) var<storage, read_write> kept: array<u32>;
@group(0) @binding(3) var<storage, read_write> counts: array<u32>;
@group(0) @binding(4) var<storage, read_write> best: array<f32>;
@group(0) @binding(5) var<uniform> p: Shape;

const NONE = 0xffffffffu;
const LEAST = -3.4e38;

var<workgroup> values: array<f32, LANES>;
var<workgroup> numbers: array<u32, LANES>;

var<private> origin: u32; // of the first candidate in similarities
var<private> across: u32; // candidates in a row

// candidate is where candidate j of the first frame stands in similarities; others' stand strides behind it.
fn candidate(j: u32) -> u32 { return origin + j / across * p.window_w + j % across; }

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let number_of_patch = group_number(group);
    let live = number_of_patch < p.T;
    let t = select(0u, number_of_patch, live); // a patch past the end works on the first and stores nothing
    let row = place[0] + t / p.block_w;
    let column = place[1] + t % p.block_w;
    let top = max(row, p.radius) - p.radius;
    let left = max(column, p.radius) - p.radius;
    across = min(column + p.radius, p.W - 1u) - left + 1u;
    let area = (min(row + p.radius, p.H - 1u) - top + 1u) * across;
    origin = t * p.window_h * p.window_w + (top - place[2]) * p.window_w + left - place[3];

    var value = LEAST; // the best of this lane's candidates behind the last one that was taken
    var number = NONE;
    var last_value = 3.4e38;
    var last_number = NONE;
    var search = true;
    var mine = LEAST; // the best of all of this lane's
    var threshold = LEAST;
    for (var turn = 0u; turn < BEST; turn++) {
        if search {
            value = LEAST;
            number = NONE;
            for (var j = i; j < area; j += LANES) {
                let at = candidate(j);
                for (var f = 0u; f < p.F; f++) {
                    let v = similarities[at + f * p.stride];
                    let n = j * p.F + f;
                    let open = v < last_value || (v == last_value && (last_number == NONE || n > last_number));
                    if open && v > value {
                        value = v;
                        number = n;
                    }
                }
            }
        }
        values[i] = value;
        numbers[i] = number;
        workgroupBarrier();
        for (var s = LANES / 2u; s > 0u; s /= 2u) {
            if i < s && (values[i + s] > values[i] || (values[i + s] == values[i] && numbers[i + s] < numbers[i])) {
                values[i] = values[i + s];
                numbers[i] = numbers[i + s];
            }
            workgroupBarrier();
        }
        threshold = values[0];
        if turn == 0u {
            mine = value;
            if i == 0u && live { best[t] = threshold; }
        }
        search = number == numbers[0] && number != NONE;
        if search {
            last_value = value;
            last_number = number;
        }
        workgroupBarrier();
    }

    var count = 0u;
    if mine >= threshold {
        for (var j = i; j < area; j += LANES) {
            let at = candidate(j);
            for (var f = 0u; f < p.F; f++) {
                if similarities[at + f * p.stride] >= threshold { count++; }
            }
        }
    }
    numbers[i] = count;
    workgroupBarrier();
    if !live { return; }
    var next = 0u;
    for (var lane = 0u; lane < i; lane++) { next += numbers[lane]; }
    if i == LANES - 1u { counts[t] = next + count; }
    if count == 0u { return; }
    for (var j = i; j < area; j += LANES) {
        let at = candidate(j);
        for (var f = 0u; f < p.F; f++) {
            if similarities[at + f * p.stride] >= threshold {
                kept[t * p.M + next] = at + f * p.stride;
                next++;
            }
        }
    }
}
