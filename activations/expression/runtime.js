// What JavaScript's Math lacks of the formula language's table, in double precision to about 1e-13.
const F = (() => {
  "use strict";
  const { PI, abs, exp, floor, log, log1p, max, min, sin, sqrt, SQRT2 } = Math;

  // As in C and torch, where JavaScript says NaN.
  const pow = (u, v) => (u === 1 || v === 0 ? 1 : abs(v) === Infinity && u === -1 ? 1 : u ** v);

  // The remainder has the sign of the divisor.
  const mod = (u, v) => {
    const rest = u % v;
    return rest !== 0 && rest < 0 !== v < 0 ? rest + v : rest;
  };

  const clip = (u, low, high) => min(max(u, low), high);
  const relu = (u) => max(u, 0);

  const sigmoid = (u) => (u < 0 ? exp(u) / (1 + exp(u)) : 1 / (1 + exp(-u)));
  const dsigmoid = (u) => sigmoid(u) * sigmoid(-u);
  const softplus = (u) => max(u, 0) + log1p(exp(-abs(u)));
  const sech = (u) => {
    const decay = exp(-abs(u));
    return (2 * decay) / (1 + decay * decay);
  };

  // sin(pi u), without the rounding of pi u for large u.
  const sinPi = (u) => {
    const turn = u - 2 * floor(u / 2);
    const rest = turn > 1.5 ? turn - 2 : turn > 0.5 ? 1 - turn : turn;
    return sin(PI * rest);
  };
  const sinc = (u) => (u === 0 ? 1 : abs(u) === Infinity ? 0 : sinPi(u) / (PI * u));

  // erf by a series of terms of one sign; erfc beyond 2 by its continued fraction, from the inside out.
  const erf = (u) => {
    const size = abs(u);
    if (!(size < 2)) return size >= 2 ? (u < 0 ? -1 : 1) * (1 - erfc(size)) : NaN;
    let term = u;
    let sum = u;
    for (let n = 1; n < 60; n++) {
      term *= (2 * u * u) / (2 * n + 1);
      sum += term;
    }
    return (2 / sqrt(PI)) * exp(-u * u) * sum;
  };
  const erfc = (u) => {
    if (!(u >= 2)) return u <= -2 ? 2 - erfc(-u) : 1 - erf(u);
    if (u > 28) return 0;
    let tail = u;
    for (let n = 80; n > 0; n--) tail = u + n / 2 / tail;
    // The square in two parts: a rounding of u*u would be a relative error of the result.
    const head = floor(u * 16) / 16;
    return (exp(-head * head) * exp((head - u) * (head + u))) / (sqrt(PI) * tail);
  };
  const ncdf = (u) => erfc(-u / SQRT2) / 2;

  // Coefficients of log gamma(2 + z) from z^2 on: (-1)^k (zeta(k) - 1)/k.
  const NEAR_TWO = [
    0.3224670334241132, -0.0673523010531981, 0.020580808427784546, -0.007385551028673986, 0.0028905103307415234,
    -0.001192753911703261, 0.0005096695247430425, -0.00022315475845357939, 9.945751278180853e-5,
    -4.492623673813314e-5, 2.050721277567069e-5, -9.439488275268397e-6, 4.374866789907488e-6,
    -2.039215753801366e-6, 9.55141213040742e-7, -4.492469198764566e-7, 2.1207184805554665e-7,
    -1.0043224823968099e-7, 4.7698101693639804e-8, -2.2711094608943164e-8, 1.0838659214896955e-8,
    -5.183475041970047e-9, 2.4836745438024785e-9, -1.1921401405860912e-9, 5.731367241678862e-10,
    -2.7595228851242334e-10, 1.330476437424449e-10,
  ];
  const ONE_LESS_EULER = 0.42278433509846713;
  // Bernoulli's numbers from B2 on.
  const BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510];

  const logGammaAt2 = (z) => {
    let sum = 0;
    for (let k = NEAR_TWO.length - 1; k >= 0; k--) sum = sum * z + NEAR_TWO[k];
    return z * (ONE_LESS_EULER + z * sum);
  };
  // Stirling's series after its first terms.
  const stirling = (u) => {
    let sum = 0;
    for (let k = BERNOULLI.length; k > 0; k--) sum = sum / (u * u) + BERNOULLI[k - 1] / (2 * k * (2 * k - 1));
    return sum / u;
  };
  const lgamma = (u) => {
    if (abs(u) === Infinity || (u <= 0 && u === floor(u))) return Infinity;
    if (u < 0) return log(PI / abs(sinPi(u))) - lgamma(1 - u);
    if (u < 0.5) return logGammaAt2(u) - log1p(u) - log(u);
    if (u < 1.5) return logGammaAt2(u - 1) - log1p(u - 1);
    if (u > 12) return (u - 0.5) * log(u) - u + log(2 * PI) / 2 + stirling(u);
    let product = 1;
    for (; u > 2.5; product *= u) u -= 1;
    return log(product) + logGammaAt2(u - 2);
  };
  const gamma = (u) => {
    if (u <= 0 && u === floor(u)) return floor(u / 2) * 2 === u ? Infinity : -Infinity;
    if (u < 0.5) return PI / (sinPi(u) * gamma(1 - u));
    if (u > 172) return Infinity;
    if (u > 20) {
      const half = u ** (u / 2 - 0.25);
      return sqrt(2 * PI) * half * exp(-u) * half * exp(stirling(u));
    }
    let product = 1;
    for (; u > 2.5; product *= u) u -= 1;
    for (; u < 1.5; u += 1) product /= u;
    return product * exp(logGammaAt2(u - 2));
  };
  const digamma = (u) => {
    if (u <= 0 && u === floor(u)) return u === 0 ? (1 / u < 0 ? Infinity : -Infinity) : NaN;
    if (u < 0) return digamma(1 - u) - (PI * sinPi(u + 0.5)) / sinPi(u);
    let sum = 0;
    for (; u < 10; u += 1) sum -= 1 / u;
    let series = 0;
    for (let k = BERNOULLI.length; k > 0; k--) series = (series + BERNOULLI[k - 1] / (2 * k)) / (u * u);
    return sum + log(u) - 0.5 / u - series;
  };
  // The Hurwitz zeta function by Euler and Maclaurin.
  const polygamma = (order, u) => {
    if (order === 0) return digamma(u);
    if (u <= 0) return u === floor(u) ? Infinity : NaN;
    if (u === Infinity) return 0;
    const s = order + 1;
    let sum = 0;
    for (; u < 12; u += 1) sum += u ** -s;
    sum += u ** (1 - s) / (s - 1) + u ** -s / 2;
    let factor = (s * u ** (-s - 1)) / 2;
    for (let k = 1; k <= BERNOULLI.length; k++) {
      sum += BERNOULLI[k - 1] * factor;
      factor *= ((s + 2 * k - 1) * (s + 2 * k)) / ((2 * k + 1) * (2 * k + 2) * u * u);
    }
    let factorial = 1;
    for (let n = 2; n <= order; n++) factorial *= n;
    return (order % 2 ? 1 : -1) * factorial * sum;
  };

  return {
    pow, mod, clip, relu, sigmoid, dsigmoid, softplus, sech, sinc, erf, erfc, ncdf, gamma, lgamma, digamma, polygamma,
  };
})();
