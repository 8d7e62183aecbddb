// Merges the best of a chunk of similarities into the best so far of each query; one workgroup per query.
//
//   similarities     (Q, N)      N at least the chunk's length
//   values, numbers  (Q, BEST)   best first: by value, then by the lower number; -3.4e38 and 2^32 - 1 where
//                                fewer were found
//   chunk            (4)         number of its first column, its length, 1 if it is the first chunk of all
//
// The search of the reference DINO's eval_knn. Each lane knows the best of its own columns that was not taken
// yet; when the best of all lanes goes into the list, only its lane looks at its columns again. Entries already in the
// list come first where they are better, so that a later chunk, which holds few improvements, costs one pass.
//import group

struct Shape { Q: u32, N: u32 }
@group(0) @binding(0) var<storage, read> similarities: array<f32>;
@group(0) @binding(1) var<storage, read_write> values: array<f32>;
@group(0) @binding(2) var<storage, read_write> numbers: array<u32>;
@group(0) @binding(3) var<storage, read> chunk: array<u32>;
@group(0) @binding(4) var<uniform> p: Shape;

const NONE = 0xffffffffu;
const LEAST = -3.4e38;

var<workgroup> old_values: array<f32, BEST>;
var<workgroup> old_numbers: array<u32, BEST>;
var<workgroup> best_values: array<f32, 64>;
var<workgroup> best_numbers: array<u32, 64>;
var<workgroup> taken: u32; // how much of the new list stands
var<workgroup> used: u32;  // how much of the old list went into it

// ahead tells whether a stands before b in the order of the list.
fn ahead(av: f32, an: u32, bv: f32, bn: u32) -> bool { return av > bv || (av == bv && an < bn); }

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) i: u32) {
    let query = group_number(group);
    let live = query < p.Q;
    let row = select(0u, query, live);
    let first = chunk[0];
    let length = select(0u, min(chunk[1], p.N), live);
    for (var c = i; c < BEST; c += 64u) {
        let fresh = chunk[2] != 0u || !live;
        old_values[c] = select(values[row * BEST + c], LEAST, fresh);
        old_numbers[c] = select(numbers[row * BEST + c], NONE, fresh);
    }
    if i == 0u {
        taken = 0u;
        used = 0u;
    }
    var value = LEAST; // the best of this lane's columns behind the last one that was taken
    var number = NONE;
    var last_value = 3.4e38;
    var last_number = NONE;
    var search = true;
    for (var turn = 0u; turn <= BEST; turn++) {
        if search {
            value = LEAST;
            number = NONE;
            for (var c = i; c < length; c += 64u) {
                let v = similarities[row * p.N + c];
                let open = v < last_value || (v == last_value && (last_number == NONE || first + c > last_number));
                if open && v > value {
                    value = v;
                    number = first + c;
                }
            }
        }
        best_values[i] = value;
        best_numbers[i] = number;
        workgroupBarrier();
        for (var s = 32u; s > 0u; s /= 2u) {
            if i < s && ahead(best_values[i + s], best_numbers[i + s], best_values[i], best_numbers[i]) {
                best_values[i] = best_values[i + s];
                best_numbers[i] = best_numbers[i + s];
            }
            workgroupBarrier();
        }
        if i == 0u {
            var to = taken;
            var old = used;
            while to < BEST && !ahead(best_values[0], best_numbers[0], old_values[old], old_numbers[old]) {
                if live {
                    values[row * BEST + to] = old_values[old];
                    numbers[row * BEST + to] = old_numbers[old];
                }
                to++;
                old++;
            }
            if to < BEST {
                if live {
                    values[row * BEST + to] = best_values[0];
                    numbers[row * BEST + to] = best_numbers[0];
                }
                to++;
            }
            taken = to;
            used = old;
        }
        let full = workgroupUniformLoad(&taken) >= BEST;
        search = number == best_numbers[0] && number != NONE;
        if search {
            last_value = value;
            last_number = number;
        }
        if full { break; }
        workgroupBarrier();
    }
}
