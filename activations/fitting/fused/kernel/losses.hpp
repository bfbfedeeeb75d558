// Losses: the slope at some points, and the sum of the losses there.
#pragma once
#include "plan.hpp"
#include "products.hpp"
#include "math.hpp"

// Mean squares or Huber's loss of numbers; the slopes are written over the outputs.
static double distance_loss(const Plan& plan, long count, REAL* outputs, const REAL* targets, REAL factor) {
  V sum = splat(0);
  if (plan.loss == SQUARES) {
    for (long i = 0; i < count; i += LANES) {
      const V difference = load(outputs + i) - load(targets + i);
      sum += difference * difference;
      store(outputs + i, difference * splat(2 * factor));
    }
    return sum_of(sum) * (double)factor;
  }
  const V limit = splat((REAL)plan.huber);
  for (long i = 0; i < count; i += LANES) {
    const V difference = load(outputs + i) - load(targets + i);
    const V held = select(difference > limit, limit, select(difference < -limit, -limit, difference));
    sum += held * (difference - held * splat((REAL)0.5));
    store(outputs + i, held * splat(factor));
  }
  return sum_of(sum) * (double)factor;
}

// Cross-entropy of classes, point by point; `row` is memory for one point's outputs.
static double class_loss(const Panels& outputs, long classes, const Panels& targets, REAL factor, REAL* row) {
  double sum = 0;
  for (long point = 0; point < outputs.rows; point++) {
    REAL largest = -__builtin_inff(), logarithm = 0;
    for (long i = 0; i < classes; i++) {
      row[i] = outputs.element(point, i);
      // Not `max`: a NaN must stay.
      if (!(row[i] <= largest)) largest = row[i];
    }
    for (long i = classes; i < outputs.width; i++) row[i] = largest;
    for (long i = 0; i < outputs.width; i += LANES) store(row + i, load(row + i) - splat(largest));
    REAL total = 0;
    for (long i = 0; i < classes; i++) logarithm += targets.element(point, i) * row[i];
    for (long i = 0; i < outputs.width; i += LANES) store(row + i, exp_(load(row + i)));
    for (long i = 0; i < classes; i++) total += row[i];
    sum += (double)log_(splat(total))[0] - (double)logarithm;
    for (long i = 0; i < outputs.width; i++)
      outputs.element(point, i) = i < classes ? (row[i] / total - targets.element(point, i)) * factor : 0;
  }
  return sum * (double)factor;
}
