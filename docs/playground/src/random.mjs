// Random numbers: those of numpy.random.RandomState, so that a seed means here what it means there.

const N = 624;
const M = 397;

/**
 * The Mersenne Twister (Matsumoto & Nishimura, 1998) with the draws of NumPy's RandomState.
 * `seed` is an integer in [0, 2³²).
 */
export class RandomState {
  constructor(seed) {
    this.key = new Uint32Array(N);
    this.key[0] = seed;
    for (let i = 1; i < N; i++) {
      const previous = this.key[i - 1];
      this.key[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
    }
    this.position = N;
    this.spareNormal = null;
  }

  /** An integer in [0, 2³²). */
  uint32() {
    if (this.position === N) this.#refill();
    let y = this.key[this.position++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  /** A number in [0, 1) with 53 random bits. */
  random() {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** A number in [low, high). */
  uniform(low, high) {
    return low + (high - low) * this.random();
  }

  /** A standard normal number, by Marsaglia's polar method; each second one is kept from before. */
  normal() {
    if (this.spareNormal !== null) {
      const spare = this.spareNormal;
      this.spareNormal = null;
      return spare;
    }
    let x, y, r2;
    do {
      x = 2 * this.random() - 1;
      y = 2 * this.random() - 1;
      r2 = x * x + y * y;
    } while (r2 >= 1 || r2 === 0);
    const factor = Math.sqrt((-2 * Math.log(r2)) / r2);
    this.spareNormal = factor * x;
    return factor * y;
  }

  /** Shuffle an array in place (Fisher & Yates). */
  shuffle(array) {
    for (let i = array.length - 1; i > 0; i--) {
      const j = this.#integerUpTo(i);
      [array[i], array[j]] = [array[j], array[i]];
    }
  }

  /** The integers below `n`, shuffled. */
  permutation(n) {
    const order = Array.from({ length: n }, (_, i) => i);
    this.shuffle(order);
    return order;
  }

  /** An integer in [0, largest]: draws of as many bits as it has, until one is small enough. */
  #integerUpTo(largest) {
    const mask = 2 ** (32 - Math.clz32(largest)) - 1;
    let value;
    do {
      value = (this.uint32() & mask) >>> 0;
    } while (value > largest);
    return value;
  }

  #refill() {
    const key = this.key;
    for (let i = 0; i < N; i++) {
      const y = (key[i] & 0x80000000) | (key[(i + 1) % N] & 0x7fffffff);
      key[i] = key[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.position = 0;
  }
}
