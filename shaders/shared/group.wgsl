// group_number is a workgroup's place in a grid that is folded into rows of {{groupsPerRow}}.
fn group_number(group: vec3u) -> u32 { return group.x + group.y * {{groupsPerRow}}u; }

