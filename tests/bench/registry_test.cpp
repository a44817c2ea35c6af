// What every registered entry owes, whoever adds one: the same bytes at any number of threads, a State that saves and
// continues, the law it promises. Nothing here names a sampler.
#include "bench/registry.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <sstream>

#include "bench/verify.hpp"
#include "models/core/configurations.hpp"
#include "models/core/error.hpp"

namespace glass {
namespace {

struct Pair {
  std::string model, sampler;
};
std::string test_name(const std::string& text) {
  std::string out;
  for (const char c : text.substr(0, text.find(','))) out += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return out;
}
void PrintTo(const Pair& p, std::ostream* out) { *out << p.sampler << " on " << p.model; }

/// Three models with all their targets; of the others one, by fewer draws. The order in the time step of what meets a
/// model only through its denoiser is measured on the first target of those three (`glassmark verify` asks all of
/// everything).
bool in_full(const std::string& spec) {
  const std::string name = split_spec(spec).name;
  return name == "curie-weiss" || name == "sk" || name == "ising-p-spin";
}
/// Made of a generator: what they do on one model they do on all, and a step or a draw is many calls of its denoiser.
bool on_one_model(const std::string& sampler) {
  for (const char* name : {"masked-diffusion", "independence-metropolis", "polish", "predictor-corrector", "smc"})
    if (sampler.starts_with(name)) return true;
  return false;
}

bool is_lattice(const ModelEntry& e) {
  return std::any_of(e.info.options.begin(), e.info.options.end(), [](const OptionInfo& o) { return o.name == "l"; });
}
/// A planted model with pins, by its size: of a lattice, of others.
std::string sized(const ModelEntry& e, const char* l, const char* n) {
  const std::string keys = e.small.empty() ? ",temperature=0.9,planted=true,field=0.1,pins=2" : "," + e.small;
  return e.info.name + ":" + (is_lattice(e) ? l : n) + keys;
}

/// Every sampler on every model it fits, in sizes where several blocks of columns and uneven vectors occur.
std::vector<Pair> all_pairs() {
  std::vector<Pair> out;
  for (const ModelEntry& e : model_entries()) {
    if (e.verify.empty()) continue;  // instance files: whatever they hold is one of the others
    // fewer sites of more symbols: the exact denoiser enumerates them at every call
    const bool spins =
        is_lattice(e) || !e.small.empty() || make_model(e.info.name + ":n=8", 1)->alphabet().symbols() == 2;
    const std::string model = sized(e, "d=2,l=4", spins ? "n=13" : "n=7");
    // Which samplers fit is asked of a tiny one: this list is made anew in the process of every test of the suite.
    const auto tiny = make_model(sized(e, "d=2,l=3", "n=6"), 1);
    for (const EntryInfo& s : sampler_infos()) {
      if (on_one_model(s.name) && e.info.name != "sk") continue;
      try {
        // without a pilot run of 100 walkers
        make_sampler(*tiny, s.name == "population-annealing" ? s.name + ":population=2" : s.name,
                     Streams({1, Purpose::sampler}, 1));
        // a step of independence Metropolis is a draw: fewer calls in each
        const char* keys = s.name == "independence-metropolis" ? ":generator.block=3"
                           : s.name == "smc"                   ? ":particles=4,steps=5"
                                                               : "";
        out.push_back({on_one_model(s.name) ? tiny->spec() : model, s.name + keys});
      } catch (const Refused&) {
      }
    }
  }
  const std::string small = "sk:n=9,temperature=0.9,planted=true,pins=2";
  for (const char* s : {"polish:generator=flow,generator.scheme=adaptive,generator.tolerance=0.1,kernel=metropolis",
                        "predictor-corrector:steps=4,sweeps=2,denoiser=mcmc,kernel=hubbard-langevin"})
    out.push_back({small, s});
  for (const char* s : {"diffusion:denoiser=eigenvectors,steps=5",
                        "predictor-corrector:steps=4,denoiser=eigenvectors,kernel=random-walk"})
    out.push_back({"spherical-p-spin:p=2,n=9,temperature=0.7,planted=true", s});
  out.push_back({"colouring:n=7,temperature=0.7,planted=true", "predictor-corrector:steps=4"});
  return out;
}

constexpr Index kColumns = 40;  // three blocks

/// A pair at work: every sampler of it has the same columns.
struct Bench {
  std::unique_ptr<AnyModel> model;
  std::string spec;
  Index width = kBlockWidth;
  std::unique_ptr<AnySampler> sampler(std::uint32_t seed) const {
    return make_sampler(*model, spec, Streams({seed, Purpose::sampler, 0, 3}, kColumns), width);
  }
  /// Two draws with adaptation in between, as the loop would do it.
  Batch draws(AnySampler& s, int steps) const {
    Batch x(model->dim(), kColumns), both(model->dim(), 2 * kColumns);
    for (int d = 0; d < 2; ++d) {
      s.next_draw(steps);
      s.adapt();
      s.read(x);
      both.middleCols(d * kColumns, kColumns) = x;
    }
    return both;
  }
};

std::string state_bytes(const AnySampler& s) {
  std::ostringstream out;
  s.save(out);
  return out.str();
}

void expect_same_at_any_number_of_threads(const Bench& at) {
  std::string bytes;
  Batch x;
  for (const int threads : {1, 2, 4}) {
    omp_set_num_threads(threads);
    const auto s = at.sampler(5);
    const Batch now = at.draws(*s, 20);
    if (bytes.empty()) {
      bytes = state_bytes(*s);
      x = now;
    }
    EXPECT_EQ(x, now) << threads << " threads";
    EXPECT_TRUE(bytes == state_bytes(*s)) << threads << " threads";
  }
  omp_set_num_threads(2);
}

/// `steps`: of the draws after the save.
void expect_continues(const Bench& at, int steps) {
  const auto whole = at.sampler(5);
  at.draws(*whole, 7);
  std::stringstream saved;
  whole->save(saved);
  const auto resumed = at.sampler(99);  // other streams, other configurations: all must come from the file
  at.draws(*resumed, 3);
  resumed->load(saved);
  EXPECT_TRUE(state_bytes(*whole) == state_bytes(*resumed));
  EXPECT_EQ(at.draws(*whole, steps), at.draws(*resumed, steps));
  EXPECT_TRUE(state_bytes(*whole) == state_bytes(*resumed));
}

/// Saved after so many steps of a draw, and compared after as many more.
void expect_saves_in_the_middle(const Bench& at, int steps) {
  const auto whole = at.sampler(5);
  whole->restart();
  for (int k = 0; k < steps; ++k) whole->step();
  std::stringstream saved;
  whole->save(saved);
  const auto resumed = at.sampler(6);
  resumed->load(saved);
  for (int k = 0; k < steps; ++k) {
    whole->step();
    resumed->step();
  }
  EXPECT_TRUE(state_bytes(*whole) == state_bytes(*resumed));
}

void expect_keeps_pins(const Bench& at) {
  const AnyModel& model = *at.model;
  const auto s = at.sampler(5);
  const Batch x = at.draws(*s, 5);
  const Eigen::VectorXf& pins = model.environment().pins;
  const auto reals = model.real_sites();
  const Configurations all(model.sites(), model.alphabet());
  for (Index c = 0; c < x.cols(); ++c) {
    if (!reals) {
      EXPECT_GE(all.number(x.col(c)), 0);  // every site shows a symbol
    } else if (reals->space == Space::sphere) {
      EXPECT_NEAR(x.col(c).squaredNorm() / float(x.rows()), 1, 1e-5);
    }
    for (Index i = 0; i < x.rows(); ++i) {
      if (pins(i) != Tilt::kFree) {
        EXPECT_EQ(x(i, c), pins(i));
      }
    }
  }
}

class EveryPair : public testing::TestWithParam<Pair> {
 protected:
  Bench at{make_model(GetParam().model, 7), GetParam().sampler};
};

TEST_P(EveryPair, GivesTheSameBytesAtAnyNumberOfThreads) { expect_same_at_any_number_of_threads(at); }

TEST_P(EveryPair, ContinuesFromASavedStateAsIfNothingHadHappened) {
  expect_continues(at, 300);  // across the scheduled rebuild of float fields
}

TEST_P(EveryPair, SavesInTheMiddleOfADraw) { expect_saves_in_the_middle(at, 5); }

TEST_P(EveryPair, KeepsPins) { expect_keeps_pins(at); }

TEST_P(EveryPair, KnowsTheLikelihoodOfWhatItShows) {
  const auto s = at.sampler(5);
  Batch x(at.model->dim(), kColumns);
  for (int k = 0; k < 3; ++k) {
    s->next_draw(50);
    s->read(x);
    const auto cached = s->log_likelihood();
    if (!cached) return;
    EXPECT_LT((*cached - at.model->log_likelihood(x)).cwiseAbs().maxCoeff(), 1e-4);
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryPair, testing::ValuesIn(all_pairs()), [](const auto& p) {
  return test_name(split_spec(p.param.model).name + "_" + p.param.sampler);
});

/// Generators with every denoiser that fits, not only the model's own: one small target of each model, and one whose
/// checks must hold.
class EveryDenoiser : public testing::TestWithParam<std::string> {};

std::vector<std::string> denoised_models() {
  std::vector<std::string> out{"xorsat:n=8,alpha=0.6,temperature=0,planted=true,pins=1"};
  for (const ModelEntry& e : model_entries())
    if (!e.verify.empty()) out.push_back(sized(e, "d=2,l=3", "n=6"));
  return out;
}

/// Some denoisers refuse a field, which is met on the way only.
bool fits(const AnyModel& model, const std::string& sampler) {
  try {
    make_sampler(model, sampler, Streams({1, Purpose::sampler}, 1))->next_draw(1);
  } catch (const Refused&) {
    return false;
  }
  return true;
}

TEST_P(EveryDenoiser, DrawsTheSameBytesHoweverItIsRunAndResumed) {
  Bench at{make_model(GetParam(), 7), {}};
  int pairs = 0;
  for (const std::string& denoiser : denoiser_names())
    for (const char* generator : {"autoregressive:", "masked-diffusion:steps=3,", "diffusion:steps=5,"}) {
      at.spec = generator + ("denoiser=" + denoiser);
      if (!fits(*at.model, at.spec)) continue;
      ++pairs;
      SCOPED_TRACE(at.spec + " on " + GetParam());
      expect_same_at_any_number_of_threads(at);
      expect_continues(at, 1);
      expect_saves_in_the_middle(at, 2);
      expect_keeps_pins(at);
      const Batch x = at.draws(*at.sampler(5), 1);
      at.width = 7;
      EXPECT_EQ(x, at.draws(*at.sampler(5), 1)) << "blocks of other widths";
      at.width = kBlockWidth;
    }
  EXPECT_GE(pairs, 1);
  RecordProperty("pairs", pairs);
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryDenoiser, testing::ValuesIn(denoised_models()),
                         [](const auto& p) { return test_name(split_spec(p.param).name) + std::to_string(p.index); });

/// Every entry against enumeration, one model at a time so that they run side by side.
/// False alarm: 1e-3 for each of these tests.
class EveryLaw : public testing::TestWithParam<std::string> {};

std::vector<std::string> law_models() {
  std::vector<std::string> out, names;
  for (const std::string& m : verify_models()) {
    const std::string name = split_spec(m).name;
    if (in_full(m) || std::find(names.begin(), names.end(), name) == names.end()) out.push_back(m);
    names.push_back(name);
  }
  return out;
}

bool first_of_its_model(const std::string& target) {
  for (const std::string& m : verify_models())
    if (split_spec(m).name == split_spec(target).name) return m == target;
  return false;
}

TEST_P(EveryLaw, IsTheOneThatWasPromised) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr int kDraws = 2000, kFew = kDraws;  // what the law is, the other presets ask
#else
  constexpr int kDraws = 10000, kFew = 2500;
#endif
  std::vector<std::string> samplers = verify_samplers();
  const bool full = in_full(GetParam()), real = make_model(GetParam(), 11)->real_sites().has_value();
  if (!full || !first_of_its_model(GetParam()))
    std::erase_if(samplers, [](const std::string& s) { return s.starts_with("diffusion") || s.starts_with("flow"); });
  if (!GetParam().starts_with("sk:n=6")) std::erase_if(samplers, on_one_model);
  const auto results = verify({GetParam()}, samplers, full || real ? kDraws : kFew, 11);
  const double level = verify_level(results, 1e-3);
  int checked = 0;
  for (const Verified& v : results) {
    checked += v.conformance.has_value() || v.order.has_value();
    std::string why = v.refused;
    if (v.conformance) {
      for (const Check& c : v.conformance->checks) why += c.name + ": p = " + std::to_string(c.p_value) + "\n";
      for (const std::string& w : v.conformance->violations) why += w + "\n";
    }
    if (v.order) why += "order " + std::to_string(v.order->order) + " ± " + std::to_string(v.order->error);
    EXPECT_TRUE(v.passed(level)) << v.sampler << " on " << v.model << "\n" << why;
  }
  EXPECT_GE(checked, 3);  // of reals with an atom at 0: heat bath, Metropolis, tempering
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryLaw, testing::ValuesIn(law_models()),
                         [](const auto& p) { return test_name(split_spec(p.param).name) + std::to_string(p.index); });

TEST(Spec, SweepsExpandWithTheLastKeyFastest) {
  EXPECT_EQ(
      expand_spec("sk:n=8|16,temperature=0.6:0.8:0.1"),
      (std::vector<std::string>{"sk:n=8,temperature=0.6", "sk:n=8,temperature=0.7", "sk:n=8,temperature=0.8",
                                "sk:n=16,temperature=0.6", "sk:n=16,temperature=0.7", "sk:n=16,temperature=0.8"}));
  EXPECT_EQ(expand_spec("sk"), std::vector<std::string>{"sk"});
  EXPECT_THROW(expand_spec("sk:temperature=0.8:0.6:0.1"), BadInput);
  EXPECT_THROW(expand_spec("sk:temperature=0.6:0.8:0"), BadInput);
}

TEST(Spec, ResolvedSpecsMakeTheSameThingAgain) {
  const auto model = make_model("ising-p-spin:n=7,planted=true,field_spread=0.3", 4);
  EXPECT_EQ(make_model(model->spec(), 4)->spec(), model->spec());
  EXPECT_EQ(make_model(model->spec(), 4)->environment().h, model->environment().h);
  for (const EntryInfo& e : sampler_infos()) {
    try {
      make_sampler(*model, e.name, Streams({1, Purpose::sampler}, 2));
    } catch (const Refused&) {  // of pairwise models, of real sites
      continue;
    }
    const std::string resolved = resolve_sampler(*model, e.name);
    EXPECT_EQ(resolve_sampler(*model, resolved), resolved);
    EXPECT_NO_THROW(make_sampler(*model, resolved, Streams({1, Purpose::sampler}, 2))) << resolved;
  }
}

void expect_bad(auto&& act, std::initializer_list<const char*> words) {
  try {
    act();
    FAIL() << "nothing was thrown";
  } catch (const BadInput& e) {
    for (const char* w : words)
      EXPECT_NE(std::string(e.what()).find(w), std::string::npos) << e.what() << " lacks " << w;
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos);
  }
}

TEST(Registry, PartsOfPartsAreResolved) {
  const auto sk = make_model("sk:n=8", 1);
  const std::string resolved = resolve_sampler(
      *sk, "independence-metropolis:generator=masked-diffusion,generator.denoiser=mcmc,generator.denoiser.steps=3");
  EXPECT_EQ(resolved,
            "independence-metropolis:generator=masked-diffusion,generator.steps=50,generator.denoiser=mcmc,"
            "generator.denoiser.steps=3,generator.denoiser.warmup=5,generator.denoiser.pseudo_count=0.5,"
            "generator.denoiser.kernel=glauber,generator.denoiser.kernel.refresh=256");
  EXPECT_EQ(resolve_sampler(*sk, resolved), resolved);
  EXPECT_NO_THROW(make_sampler(*sk, resolved, Streams({1, Purpose::sampler}, 2)));
  const std::string polish = resolve_sampler(*sk, "polish:generator=flow,generator.denoiser=exact,kernel=metropolis");
  EXPECT_NE(polish.find(",generator.denoiser=exact,kernel=metropolis,kernel.refresh=256"), std::string::npos) << polish;
  EXPECT_EQ(sampler_family(polish), "correction");
}

TEST(Registry, SaysWhatIsWrongAndWhatIsNearest) {
  const auto sk = make_model("sk:n=30", 1);
  const auto make = [&](const AnyModel& m, const char* s) { make_sampler(m, s, Streams({1, Purpose::sampler}, 1)); };
  expect_bad([&] { make_model("sk2", 1); }, {"sk2", "'sk'"});
  expect_bad([&] { make_model("sk:temprature=1", 1); }, {"sk", "temprature", "'temperature'"});
  expect_bad([&] { make_model("sk:n=100000000", 1); }, {"n=100000000", "GB"});
  expect_bad([&] { make_model("ising-p-spin:n=2", 1); }, {"n=2", "p=3"});
  expect_bad([&] { make(*sk, "glaubr"); }, {"glaubr", "'glauber'"});
  expect_bad([&] { make(*sk, "glauber:refresh=0"); }, {"refresh=0", "at least 1"});
  expect_bad([&] { make(*sk, "diffusion:denoiser=exact"); }, {"n=30", "at most 20"});
  expect_bad([&] { make(*sk, "diffusion:denoiser=exakt"); }, {"exakt", "'exact'"});
  expect_bad([&] { make(*sk, "diffusion:denoiser.dampin=0.1"); }, {"dampin", "'damping'"});
  expect_bad([&] { make(*sk, "flow:scheme=rk5"); }, {"scheme=rk5", "euler|heun"});
  expect_bad([&] { make(*sk, "smc:denoiser=mcmc"); }, {"smc", "ln Z", "choose exact"});
  EXPECT_NO_THROW(make(*sk, "smc:denoiser=mcmc,route=1/0>1/4,weigh_steps=false"));  // no weights
  expect_bad([&] { make(*sk, "smc:route=1/0>0.9/4"); }, {"smc: route=1/0>0.9/4", "power 1"});
  expect_bad([&] { make(*sk, "diffusion:process=vp,first_time=20"); }, {"first_time=20", "final_time=16"});
  expect_bad([&] { make(*sk, "diffusion:denoiser=mcmcc"); }, {"mcmcc", "'mcmc'"});
  expect_bad([&] { make(*sk, "diffusion:denoiser=mcmc,denoiser.kernel=glaubr"); }, {"glaubr", "'glauber'"});
  const auto lattice = make_model("edwards-anderson:d=2,l=3", 1);
  expect_bad([&] { make(*lattice, "flow:denoiser=mcmc,denoiser.kernel=multispin"); },
             {"mcmc", "multispin", "another kernel"});
  expect_bad([&] { make(*sk, "polish:generator=autoregresive"); }, {"autoregresive", "'autoregressive'"});
  expect_bad([&] { make(*sk, "polish:generator.blok=2"); }, {"blok", "'block'"});
  expect_bad([&] { make(*sk, "polish:kernel=glaubr"); }, {"glaubr", "'glauber'"});
  expect_bad([&] { make(*sk, "independence-metropolis:generator=flow"); }, {"flow", "probability", "another"});
  const auto cw = make_model("curie-weiss:n=8", 1);
  EXPECT_THROW(make(*cw, "diffusion:denoiser=amp"), Refused);
  const auto reals = make_model("spiked-matrix:n=8,prior=gaussian", 1);
  for (const char* reveals : {"autoregressive", "masked-diffusion", "diffusion:denoiser=exact"})
    EXPECT_THROW(make(*reals, reveals), Refused) << reveals;
  EXPECT_NO_THROW(make(*reals, "diffusion"));
  const auto p3 = make_model("ising-p-spin:n=8", 1);
  EXPECT_THROW(make(*p3, "hubbard-langevin"), Refused);
}

TEST(Registry, EveryEntryIsDescribed) {
  for (const auto& infos : {model_infos(), sampler_infos(), denoiser_infos()})
    for (const EntryInfo& e : infos) {
      EXPECT_FALSE(e.formula.empty() || e.reference.empty() || e.needs.empty() || e.kind.empty()) << e.name;
      for (const OptionInfo& o : e.options) EXPECT_FALSE(o.help.empty()) << e.name << ": " << o.name;
    }
}

}  // namespace
}  // namespace glass
