// Scalars are the step's numbers, as layers.Scalars lays them out.
struct Scalars {
    learning_rate: f32,
    weight_decay: f32,
    teacher_rate: f32,
    center_rate: f32,
    teacher_temp: f32,
    student_temp: f32,
    batch_share: f32,
    clip: f32,
    last_layer: f32,
    first_rate: f32,
    second_rate: f32,
    epsilon: f32,
    first_correction: f32,
    second_correction: f32,
    last_first_correction: f32,
    last_second_correction: f32,
}
