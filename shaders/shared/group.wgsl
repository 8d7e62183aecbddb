// group_number is a workgroup's place in a grid that is folded at 32,768 groups a row.
fn group_number(group: vec3u) -> u32 { return group.x + group.y * 32768u; }

