// Rows are read one cell at a time: four values where the row's length is a multiple of 4, one otherwise.
{{- if .V4}}
alias Cell = vec4f;
const WIDE = 4u;
fn cell_sum(v: Cell) -> f32 { return v.x + v.y + v.z + v.w; }
fn cell_max(v: Cell) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }
{{- else}}
alias Cell = f32;
const WIDE = 1u;
fn cell_sum(v: Cell) -> f32 { return v; }
fn cell_max(v: Cell) -> f32 { return v; }
{{- end}}

