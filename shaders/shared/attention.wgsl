// Attention's qkv (B*T, 3*D) holds [q, k, v][heads][head size] for each token, D = HEADS * HD. QUADS vec4s per head:
const TOKEN = 3u * HEADS * QUADS; // vec4s from a token to the next
const KEY = HEADS * QUADS;        // from a query to its key
const VALUE = 2u * HEADS * QUADS; // from a query to its value

// Lower than any score; its exp is 0 without passing through infinity.
const LOWEST = -1e30;
const LOG2E = 1.4426950408889634;
