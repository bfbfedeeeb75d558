// What is trained, as Python says it; the structures of `trainer.py` mirror these.
#pragma once
#include "real.hpp"

// An activation: the value and the derivatives at `count` numbers; see `code.py`.
using Activation = void (*)(long count, const REAL* const* inputs, const REAL* theta, REAL* value, REAL* const* slopes);

struct LayerPlan {
  long inputs;
  long width;      // units
  long branches;   // linear projections: the activation's inputs
  long learnable;  // of its parameters
  long weight, bias, theta;  // where they begin in the flat row
  Activation activation;     // none behind the last layer
};

enum Loss : long { SQUARES, HUBER, CROSS_ENTROPY };
enum Optimizer : long { SGD, MOMENTUM, ADAM, ADAMW };

struct Plan {
  long layers;  // hidden ones and the last
  const LayerPlan* layer;
  long points;     // of a step
  long available;  // rows of the data
  long steps;
  long loss, optimizer, biases;
  long checkpoints;
  const long* looked_at;  // steps whose loss is kept, in order
  const double* factors;  // of the learning rate, one for each step
  double weight_decay, momentum, beta1, beta2, epsilon, huber;
};

// One network's data. It stays where it is until the run is closed.
struct RunPlan {
  const REAL* inputs;   // [available, inputs]
  const REAL* targets;  // [available, outputs]
  REAL* parameters;     // the flat row, read at the start and written by `finish`
  REAL* losses;         // one for each checkpoint
  double rate;
};
