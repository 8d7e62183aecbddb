// Package weights reads and writes tensors in files: safetensors, and this program's checkpoints (.dino), whose every
// byte is under a checksum. [Open] reads trained networks from whatever holds them, PyTorch's files and folders of timm
// and Hugging Face among it, and matches every tensor by name and shape; [Inspect] says what a file holds.
// [WriteSafetensors] and [WriteCheckpoint] write files that are whole or absent. It knows no device and no trainer.
package weights
