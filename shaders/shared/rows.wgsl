// LANES invocations share a row: 1 on software adapters, more on GPUs. A workgroup has ROWS rows.
{{- if gt .LANES 1}}
var<workgroup> partial: array<f32, {{mul .ROWS .LANES}}>;
{{- end}}

// row_sum returns the total of v over the lanes of a row, to each of them. Every invocation must call it.
fn row_sum(v: f32, i: u32) -> f32 {
{{- if gt .LANES 1}}
    partial[i] = v;
    workgroupBarrier();
    for (var s = LANES / 2u; s > 0u; s /= 2u) {
        if i % LANES < s { partial[i] += partial[i + s]; }
        workgroupBarrier();
    }
    let total = partial[i - i % LANES];
    workgroupBarrier();
    return total;
{{- else}}
    return v;
{{- end}}
}

// row_max returns the largest v over the lanes of a row, to each of them. Every invocation must call it.
fn row_max(v: f32, i: u32) -> f32 {
{{- if gt .LANES 1}}
    partial[i] = v;
    workgroupBarrier();
    for (var s = LANES / 2u; s > 0u; s /= 2u) {
        if i % LANES < s { partial[i] = max(partial[i], partial[i + s]); }
        workgroupBarrier();
    }
    let most = partial[i - i % LANES];
    workgroupBarrier();
    return most;
{{- else}}
    return v;
{{- end}}
}
