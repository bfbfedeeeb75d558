// The training of one network, all its steps, in memory that fits into a core's cache.
//
// A step takes the points block by block: forward, loss and backward of a block follow each other, and gradients add
// up. Rows of parameters are stored filled up to whole vectors; `counted` says where the trained ones are.
#include "plan.hpp"
#include "memory.hpp"
#include "products.hpp"
#include "math.hpp"
#include "losses.hpp"
#include "optimizers.hpp"

inline void* operator new(size_t, void* at) noexcept { return at; }

#if defined(__x86_64__) || defined(__i386__)
// Denormal numbers are flushed while it lives: they would slow down some networks six times.
struct FlushedDenormals {
  unsigned before = __builtin_ia32_stmxcsr();
  FlushedDenormals() { __builtin_ia32_ldmxcsr(before | 0x8040); }
  ~FlushedDenormals() { __builtin_ia32_ldmxcsr(before); }
};
#elif defined(__aarch64__)
struct FlushedDenormals {
  unsigned long before;
  FlushedDenormals() {
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" ::"r"(before | 1ul << 24));
  }
  ~FlushedDenormals() { __asm__ volatile("msr fpcr, %0" ::"r"(before)); }
};
#else
struct FlushedDenormals {
  FlushedDenormals() {}
};
#endif

namespace {

constexpr long MOST_LAYERS = 17, MOST_BRANCHES = 2, MOST_LEARNABLE = 16;
constexpr long BLOCK_BYTES = 24 * 1024;  // of one layer's values in a block of points

// A layer's parameters among all of them, and its buffers for a block.
struct Layer {
  const LayerPlan* plan;
  long width;                      // filled
  bool single;                     // one output alone: its weights are stored as a row, filled
  long weight[MOST_BRANCHES], bias[MOST_BRANCHES], theta;
  REAL* slope[MOST_BRANCHES + MOST_LEARNABLE];  // linear outputs, then derivatives; derivatives in parameters
  REAL* value;
  REAL* turned[MOST_BRANCHES];     // transposed weights

  long weights() const { return single ? filled(plan->inputs) : plan->inputs * width; }
};

class Network {
 public:
  Network(const Plan& plan, const RunPlan& run) : plan(plan), run(run) {
    lay_out();
    ready = memory.allocate();
    if (!ready) return;
    lay_out();
    exchange(true);
  }

  bool ready;
  long step = 0;
  bool alive = true;

  // Train until `end` steps are made; false if `stop` was set before. `order` are the rows of the data in the order in
  // which the steps take them, from the current step on; none for all of them at every step.
  bool advance(long end, const int* order, const volatile int* stop) {
    FlushedDenormals flushed;
    for (; alive && step < end; step++) {
      if (*stop) return false;
      inputs = order ? taken_inputs : run.inputs;
      targets = order ? taken_targets : run.targets;
      if (order) {
        gather(order);
        order += plan.points;
      }
      const REAL loss = gradient();
      const bool looked = checkpoint < plan.checkpoints && plan.looked_at[checkpoint] == step;
      alive = finite_gradient(weights);
      if (looked || !alive) run.losses[checkpoint] = loss;
      if (!alive) {
        for (long later = checkpoint + 1; later < plan.checkpoints; later++) run.losses[later] = loss;
        break;
      }
      checkpoint += looked;
      optimize(weights, plan, run.rate, step);
    }
    return true;
  }

  void finish() { exchange(false); }

 private:
  const Plan plan;
  const RunPlan run;
  Memory memory;
  Layer layers[MOST_LAYERS];
  Weights weights;
  long checkpoint = 0;
  long block;  // points
  const REAL *inputs, *targets;
  REAL *taken_inputs, *taken_targets, *outputs, *chosen, *above, *row;

  const Layer& last() const { return layers[plan.layers - 1]; }
  long input_count() const { return plan.layer[0].inputs; }
  long output_count() const { return last().plan->width; }

  void lay_out() {
    long count = 0, widest = LANES;
    for (long i = 0; i < plan.layers; i++) {
      Layer& layer = layers[i];
      layer.plan = &plan.layer[i];
      layer.width = filled(layer.plan->width);
      layer.single = i == plan.layers - 1 && layer.plan->width == 1;
      for (long branch = 0; branch < layer.plan->branches; branch++) {
        layer.weight[branch] = count;
        layer.bias[branch] = count += layer.weights();
        count += layer.width;
      }
      layer.theta = count;
      count += filled(layer.plan->learnable);
      if (layer.width > widest) widest = layer.width;
    }
    block = BLOCK_BYTES / (long)(widest * sizeof(REAL)) / TILE * TILE;
    block = least(plan.points, block > 4 * TILE ? block : 4 * TILE);

    weights.count = count;
    weights.values = memory.reals(count);
    weights.gradient = memory.reals(count);
    weights.first = memory.reals(count);
    weights.second = memory.reals(count);
    weights.counted = memory.reals(count);
    for (long i = 0; i + 1 < plan.layers; i++) {
      Layer& layer = layers[i];
      for (long branch = 0; branch < layer.plan->branches + layer.plan->learnable; branch++)
        layer.slope[branch] = memory.reals(block * layer.width);
      layer.value = memory.reals(block * layer.width);
    }
    for (long i = 1; i < plan.layers; i++)
      for (long branch = 0; branch < layers[i].plan->branches && !layers[i].single; branch++)
        layers[i].turned[branch] = memory.reals(layers[i].plan->width * filled(layers[i].plan->inputs));
    taken_inputs = memory.reals(plan.points * input_count());
    taken_targets = memory.reals(plan.points * output_count());
    outputs = memory.reals(filled(block) * last().width);
    chosen = memory.reals(filled(block) * last().width);
    above = memory.reals(block * widest);
    row = memory.reals(last().width);
  }

  // Take the parameters from the flat row, or write them into it.
  void exchange(bool take) {
    const auto move = [&](long stored, long flat, bool trained) {
      if (take) weights.values[stored] = run.parameters[flat];
      else run.parameters[flat] = weights.values[stored];
      weights.counted[stored] = trained;
    };
    for (long i = 0; i < plan.layers; i++) {
      const Layer& layer = layers[i];
      const LayerPlan& flat = *layer.plan;
      const long outputs = flat.width * flat.branches;
      for (long branch = 0; branch < flat.branches; branch++) {
        const Panels matrix{weights.values + layer.weight[branch], flat.inputs, layer.width};
        for (long k = 0; k < flat.inputs; k++)
          for (long n = 0; n < flat.width; n++) {
            const long place = layer.single ? k : &matrix.element(k, n) - matrix.at;
            move(layer.weight[branch] + place, flat.weight + k * outputs + branch * flat.width + n, true);
          }
        for (long n = 0; n < flat.width; n++)
          move(layer.bias[branch] + n, flat.bias + branch * flat.width + n, plan.biases);
      }
      for (long k = 0; k < flat.learnable; k++) move(layer.theta + k, flat.theta + k, true);
    }
  }

  void gather(const int* order) {
    const long in = input_count(), out = output_count();
    for (long point = 0; point < plan.points; point++) {
      for (long k = 0; k < in; k++) taken_inputs[point * in + k] = run.inputs[order[point] * in + k];
      for (long k = 0; k < out; k++) taken_targets[point * out + k] = run.targets[order[point] * out + k];
    }
  }

  // The gradients of the loss; the loss.
  REAL gradient() {
    memset(weights.gradient, 0, weights.count * sizeof(REAL));
    for (long i = 1; i < plan.layers; i++)
      for (long branch = 0; branch < layers[i].plan->branches && !layers[i].single; branch++)
        turn(weight(layers[i], branch, weights.values), layers[i].plan->width,
             {layers[i].turned[branch], layers[i].plan->width, filled(layers[i].plan->inputs)});
    double loss = 0;
    for (long first = 0; first < plan.points; first += block) {
      const long points = least(block, plan.points - first);
      forward(inputs + first * input_count(), points);
      loss += slope_of_loss(targets + first * output_count(), points);
      backward(inputs + first * input_count(), points);
    }
    return (REAL)loss;
  }

  Panels weight(const Layer& layer, long branch, REAL* among) const {
    return {among + layer.weight[branch], layer.plan->inputs, layer.width};
  }

  // What a layer reads.
  Numbers input_of(long i, const REAL* points_inputs, long points) const {
    if (i == 0) return Numbers::plain(points_inputs, points, input_count());
    return Numbers::of({layers[i - 1].value, points, layers[i - 1].width}, layers[i - 1].plan->width);
  }

  void forward(const REAL* at, long points) {
    for (long i = 0; i < plan.layers; i++) {
      const Layer& layer = layers[i];
      const Numbers input = input_of(i, at, points);
      if (layer.single) {
        single_output(layer, input, points);
        break;
      }
      for (long branch = 0; branch < layer.plan->branches; branch++)
        product(input, weight(layer, branch, weights.values), weights.values + layer.bias[branch], false,
                {i + 1 < plan.layers ? layer.slope[branch] : outputs, points, layer.width});
      if (i + 1 < plan.layers)
        layer.plan->activation(points * layer.width, layer.slope, weights.values + layer.theta, layer.value,
                               layer.slope);
    }
  }

  // One number per point: no product of matrices but sums along rows.
  void single_output(const Layer& layer, const Numbers& input, long points) {
    const REAL bias = weights.values[layer.bias[0]];
    const REAL* weight = weights.values + layer.weight[0];
    if (plan.layers == 1) {
      for (long point = 0; point < points; point++) {
        REAL sum = bias;
        for (long k = 0; k < input.columns; k++) sum += input.at[point * input.columns + k] * weight[k];
        outputs[point] = sum;
      }
      return;
    }
    // What fills up the last panel may be no number; zero times it must not count.
    const Panels values{(REAL*)input.at, points, input.stored};
    if (input.columns < input.stored)
      for (long point = 0; point < points; point++)
        for (long k = input.columns; k < input.stored; k++) values.element(point, k) = 0;
    long point = 0;
    for (; point + 4 <= points; point += 4) row_sums<4>(values, point, weight, bias);
    for (; point < points; point++) row_sums<1>(values, point, weight, bias);
  }

  template <int R>
  void row_sums(const Panels& values, long point, const REAL* weight, REAL bias) {
    V sum[R];
    UNROLL for (int i = 0; i < R; i++) sum[i] = splat(0);
    for (long panel = 0; panel < values.count(); panel++) {
      const long width = values.width_of(panel);
      const REAL* at = values.panel(panel) + point * width;
      for (long k = 0; k < width; k += LANES) {
        const V factor = load(weight + panel * PANEL + k);
        UNROLL for (int i = 0; i < R; i++) sum[i] += load(at + i * width + k) * factor;
      }
    }
    for (int i = 0; i < R; i++) outputs[point + i] = bias + sum_of(sum[i]);
  }

  // Write the slopes of the loss over the outputs; this block's part of the loss.
  REAL slope_of_loss(const REAL* wanted, long points) {
    const long out = output_count();
    const REAL factor = (REAL)(1 / (double)(plan.points * (plan.loss == CROSS_ENTROPY ? 1 : out)));
    const Panels predicted{outputs, points, last().width}, compared{chosen, points, last().width};
    if (last().single) {
      for (long i = 0; i < points; i++) chosen[i] = wanted[i];
      for (long i = points; i < filled(points); i++) outputs[i] = chosen[i] = 0;
      return (REAL)distance_loss(plan, filled(points), outputs, chosen, factor);
    }
    for (long point = 0; point < points; point++)
      for (long k = 0; k < last().width; k++) compared.element(point, k) = k < out ? wanted[point * out + k] : 0;
    if (plan.loss == CROSS_ENTROPY) return (REAL)class_loss(predicted, out, compared, factor, row);
    return (REAL)distance_loss(plan, points * last().width, outputs, chosen, factor);
  }

  void backward(const REAL* at, long points) {
    long i = plan.layers - 1;
    if (layers[i].single) {
      single_gradient(layers[i], input_of(i, at, points), points, i > 0);
      if (i-- == 0) return;
      through_activation(layers[i], at, points, true, i == 0);
    } else {
      add_columns({outputs, points, layers[i].width}, weights.gradient + layers[i].bias[0]);
    }
    for (; i >= 0; i--) {
      const Layer& layer = layers[i];
      const bool hidden = i + 1 < plan.layers;
      // With a single input `through_activation` has added it up.
      const bool added = i == 0 && hidden && input_count() == 1;
      for (long branch = 0; branch < layer.plan->branches && !added; branch++)
        add_gradient(input_of(i, at, points), {hidden ? layer.slope[branch] : outputs, points, layer.width},
                     weight(layer, branch, weights.gradient));
      if (i == 0) return;
      const Layer& below = layers[i - 1];
      for (long branch = 0; branch < layer.plan->branches; branch++)
        product(Numbers::of({hidden ? layer.slope[branch] : outputs, points, layer.width}, layer.plan->width),
                {layer.turned[branch], layer.plan->width, below.width}, nullptr, branch > 0,
                {above, points, below.width});
      through_activation(below, at, points, false, i == 1);
    }
  }

  // The gradients of a single output's bias, and of its weights if it is the only layer.
  void single_gradient(const Layer& layer, const Numbers& input, long points, bool more) {
    REAL sum = 0;
    for (long point = 0; point < points; point++) sum += outputs[point];
    weights.gradient[layer.bias[0]] += sum;
    REAL* gradient = weights.gradient + layer.weight[0];
    for (long point = 0; point < points && !more; point++)
      for (long k = 0; k < input.columns; k++) gradient[k] += outputs[point] * input.at[point * input.columns + k];
  }

  // From the slopes of a layer's values to those of its linear outputs, and all sums over points that go with them:
  // the gradients of its biases, of its activation's parameters, of a single input's weights, of a single output's.
  // The slopes of the values are in `above`, or with a single output the products of its slopes and weights.
  void through_activation(const Layer& layer, const REAL* at, long points, bool single, bool first) {
    for (long k = 0; k < layer.plan->learnable; k++) add_parameter_gradient(layer, k, points, single);
    const bool only_input = first && input_count() == 1;
    for (long branch = 0; branch < layer.plan->branches; branch++) {
      const Slopes sums{
          layer.value,
          layer.slope[branch],
          points,
          layer.width,
          at,
          outputs,
          weights.values + last().weight[0],
          above,
          weights.gradient + layer.bias[branch],
          weights.gradient + layer.weight[branch],
          // Once is enough.
          branch == 0 ? weights.gradient + last().weight[0] : above,
      };
      if (single && branch > 0) memset(above, 0, layer.width * sizeof(REAL));
      if (single && only_input) sums.add<true, true>();
      else if (single) sums.add<true, false>();
      else if (only_input) sums.add<false, true>();
      else sums.add<false, false>();
    }
  }

  // What `through_activation` reads and adds to.
  struct Slopes {
    const REAL* value;
    REAL* slope;
    long points, width;
    const REAL* input;
    const REAL *outputs, *output_weight, *above;
    REAL *bias, *weight, *output_gradient;

    template <bool SINGLE, bool FIRST>
    void add() const {
      for (long panel = 0; panel < width; panel += PANEL) {
        if (width - panel >= PANEL) add_panel<SINGLE, FIRST, VECTORS>(panel);
        else add_panel<SINGLE, FIRST, 1>(panel);
      }
    }

    template <bool SINGLE, bool FIRST, int N>
    void add_panel(long column) const {
      V biases[N], first[N], last[N], factor[N];
      UNROLL for (int n = 0; n < N; n++) {
        biases[n] = load(bias + column + n * LANES);
        // With one input the weights are one row.
        if (FIRST) first[n] = load(weight + column + n * LANES);
        if (SINGLE) last[n] = load(output_gradient + column + n * LANES);
        if (SINGLE) factor[n] = load(output_weight + column + n * LANES);
      }
      const long begin = column * points;
      for (long point = 0; point < points; point++) {
        UNROLL for (int n = 0; n < N; n++) {
          const long place = begin + (point * N + n) * LANES;
          const V from_above = SINGLE ? factor[n] * splat(outputs[point]) : load(above + place);
          const V through = load(slope + place) * from_above;
          if (!FIRST) store(slope + place, through);
          biases[n] += through;
          if (FIRST) first[n] += through * splat(input[point]);
          if (SINGLE) last[n] += load(value + place) * splat(outputs[point]);
        }
      }
      UNROLL for (int n = 0; n < N; n++) {
        store(bias + column + n * LANES, biases[n]);
        if (FIRST) store(weight + column + n * LANES, first[n]);
        if (SINGLE) store(output_gradient + column + n * LANES, last[n]);
      }
    }
  };

  // The gradient of a learnable parameter: what fills up does not count.
  void add_parameter_gradient(const Layer& layer, long k, long points, bool single) {
    const Panels slope{layer.slope[layer.plan->branches + k], points, layer.width};
    const REAL* weight = weights.values + last().weight[0];
    V sum = splat(0);
    for (long panel = 0; panel < slope.count(); panel++) {
      const long width = slope.width_of(panel), first = panel * PANEL;
      for (long n = 0; n < width; n += LANES) {
        V counted;
        for (int lane = 0; lane < LANES; lane++) counted[lane] = first + n + lane < layer.plan->width;
        for (long point = 0; point < points; point++) {
          const long place = point * width + n;
          const V from_above = single ? load(weight + first + n) * splat(outputs[point])
                                      : load(above + first * points + place);
          sum += select(counted != splat(0), load(slope.panel(panel) + place) * from_above, splat(0));
        }
      }
    }
    weights.gradient[layer.theta + k] += sum_of(sum);
  }

  static void add_columns(const Panels& slope, REAL* sums) {
    for (long panel = 0; panel < slope.count(); panel++) {
      const long width = slope.width_of(panel);
      for (long k = 0; k < width; k += LANES) {
        V sum = load(sums + panel * PANEL + k);
        for (long point = 0; point < slope.rows; point++) sum += load(slope.panel(panel) + point * width + k);
        store(sums + panel * PANEL + k, sum);
      }
    }
  }
};

}  // namespace

extern "C" {

// A network ready to be trained; null if there is no memory for it.
void* open_run(const Plan* plan, const RunPlan* run) {
  void* memory = malloc(sizeof(Network));
  if (!memory) return nullptr;
  Network* network = new (memory) Network(*plan, *run);
  if (!network->ready) {
    network->~Network();
    free(network);
    network = nullptr;
  }
  return network;
}

// 1 if the steps were made, or the network can't be trained any more; 0 if it was stopped before.
int advance_run(void* run, long end, const int* order, const volatile int* stop) {
  return ((Network*)run)->advance(end, order, stop);
}

// Write the parameters; the number of finite steps.
long close_run(void* run) {
  Network* network = (Network*)run;
  const long made = network->step;
  network->finish();
  network->~Network();
  free(network);
  return made;
}

int vector_bytes() { return VECTOR_BYTES; }
int plan_bytes() { return sizeof(Plan); }
}
