// Optimizers: one pass over all parameters, which lie filled up to vectors in a row.
#pragma once
#include "plan.hpp"
#include "real.hpp"
#include "math.hpp"

// Parameters, their gradients and the optimizer's memory, arrays of `count` numbers.
struct Weights {
  long count;
  REAL *values, *gradient, *first, *second;
  REAL* counted;  // 1 where a trained parameter is, 0 where something only fills up or stays as it is
};

// Leave out the gradients of what is no trained parameter; whether all the others are finite.
static bool finite_gradient(const Weights& weights) {
  V sum = splat(0);
  for (long i = 0; i < weights.count; i += LANES) {
    const V gradient = select(load(weights.counted + i) != splat(0), load(weights.gradient + i), splat(0));
    store(weights.gradient + i, gradient);
    sum += gradient * splat(0);
  }
  return sum_of(sum) == 0;
}

static void optimize(const Weights& weights, const Plan& plan, double rate, long step) {
  const V negative = splat((REAL)(-rate * plan.factors[step]));
  if (plan.optimizer == SGD) {
    for (long i = 0; i < weights.count; i += LANES)
      store(weights.values + i, load(weights.values + i) + negative * load(weights.gradient + i));
    return;
  }
  if (plan.optimizer == MOMENTUM) {
    const V kept = splat((REAL)plan.momentum);
    for (long i = 0; i < weights.count; i += LANES) {
      const V velocity = kept * load(weights.first + i) + load(weights.gradient + i);
      store(weights.first + i, velocity);
      store(weights.values + i, load(weights.values + i) + negative * velocity);
    }
    return;
  }
  const double made = (double)step + 1;
  const V beta1 = splat((REAL)plan.beta1), rest1 = splat((REAL)(1 - plan.beta1));
  const V beta2 = splat((REAL)plan.beta2), rest2 = splat((REAL)(1 - plan.beta2));
  const V mean = splat((REAL)(1 / (1 - __builtin_pow(plan.beta1, made))));
  const V size = splat((REAL)(1 / __builtin_sqrt(1 - __builtin_pow(plan.beta2, made))));
  const V epsilon = splat((REAL)plan.epsilon);
  const V decay = splat((REAL)(plan.optimizer == ADAMW ? plan.weight_decay : 0));
  for (long i = 0; i < weights.count; i += LANES) {
    const V gradient = load(weights.gradient + i), values = load(weights.values + i);
    const V first = beta1 * load(weights.first + i) + rest1 * gradient;
    const V second = beta2 * load(weights.second + i) + rest2 * (gradient * gradient);
    store(weights.first + i, first);
    store(weights.second + i, second);
    const V change = first * mean / (sqrt_(second) * size + epsilon) + decay * values;
    store(weights.values + i, values + negative * change);
  }
}
