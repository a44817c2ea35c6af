#!/usr/bin/env python3
"""The command line as its user meets it: command_line_test.py GLASSMARK

Bad input: exit 2, one line on stderr that names the field and the remedy, nothing on stdout, nothing written. Good
input: what the documentation promises, the same bytes for the same seed at any number of threads, finished cells
skipped, and no half file after Ctrl-C.
"""
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

GLASSMARK = str(pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else "build/glassmark").resolve())
ENVIRONMENT = {**os.environ, "OMP_WAIT_POLICY": "passive", "NO_COLOR": "1"}
SK = "sk:n=12,planted=true"

PLAN = """
seed = 3
instances = 2
[run]
chains = 2
draws = 5
warmup = 5
thin = 1
[[model]]
spec = "sk:n=10,temperature=1.5,planted=true"
[[sampler]]
spec = "glauber"
[[sampler]]
spec = "autoregressive:denoiser=exact"
draws = 1
"""


def contents(folder):
    """Every file below the folder with its bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


class CommandLine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_it(self, *arguments, env=None):
        return subprocess.run([GLASSMARK, *map(str, arguments)], capture_output=True, text=True, cwd=self.folder,
                              stdin=subprocess.DEVNULL, timeout=300, env={**ENVIRONMENT, **(env or {})}, check=False)

    def good(self, *arguments, **how):
        done = self.run_it(*arguments, **how)
        self.assertEqual(done.returncode, 0, f"{arguments}: {done.stderr}")
        return done

    def bad(self, words, *arguments):
        """Runs it and checks everything that bad input promises. Returns the line."""
        before = contents(self.folder)
        folders = sorted(p for p in self.folder.rglob("*") if p.is_dir())
        done = self.run_it(*arguments)
        self.assertEqual(done.returncode, 2, f"exit {done.returncode}: {done.stderr}")
        self.assertEqual(done.stdout, "")
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertTrue(lines[0].startswith("glassmark: "), lines[0])
        for word in words:
            self.assertIn(word, lines[0])
        self.assertEqual(contents(self.folder), before, "something was written or changed")
        self.assertEqual(sorted(p for p in self.folder.rglob("*") if p.is_dir()), folders, "a folder was made")
        return lines[0]

    def sample(self, *more, model=SK, sampler="glauber", out="run.nc"):
        return ("sample", "--model", model, "--sampler", sampler, "--out", out, *more)

    def short(self, *more, **how):
        return self.sample("--chains", 20, "--draws", 6, "--warmup", 4, "--thin", 2, *more, **how)

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    # bad input

    def test_usage(self):
        for words, arguments in [
            (["smaple", "sample"], ["smaple"]),
            (["comapre", "compare"], ["comapre", "plan.toml", "--out", "x"]),
            (["--drwas", "--draws"], self.sample("--drwas", 3)),
            (["--sampler"], ["sample", "--model", SK, "--out", "run.nc"]),
            (["--model"], ["sample", "--sampler", "glauber", "--out", "run.nc"]),
            (["--out"], ["sample", "--model", SK, "--sampler", "glauber"]),
            (["--draws"], self.sample("--draws", 0)),
            (["--draws"], self.sample("--draws", "many")),
            (["--draws"], self.sample("--draws", "2.5")),
            (["--warmup"], self.sample("--warmup=-1")),
            (["--thin"], self.sample("--thin", 0)),
            (["--chains"], self.sample("--chains", 0)),
            (["--seed"], self.sample("--seed=-1")),
            (["--seed"], self.sample("--seed", 2**32)),
            (["--start"], self.sample("--start", "plnted")),
            (["--start", "planted=true"], self.sample("--start", "planted", model="sk:n=8")),
            (["--start"], self.sample("--start", "planted", sampler="autoregressive:denoiser=exact")),
            (["list", "modles", "models"], ["list", "modles"]),
            (["glaubr", "glauber"], ["describe", "glaubr"]),
            (["command"], []),
        ]:
            with self.subTest(arguments=arguments):
                self.bad(words, *arguments)

    def test_specs(self):
        for words, model, sampler in [
            (["sk2", "'sk'"], "sk2", "glauber"),
            (["ising-pspin", "ising-p-spin"], "ising-pspin:n=8", "glauber"),
            (["glaubr", "glauber"], SK, "glaubr"),
            (["temprature", "temperature"], "sk:temprature=1", "glauber"),
            (["sk", "n=abc"], "sk:n=abc", "glauber"),
            (["sk", "n=8.5"], "sk:n=8.5", "glauber"),
            (["sk", "n=8x"], "sk:n=8x", "glauber"),
            (["sk", "n="], "sk:n=", "glauber"),
            (["sk", "n=0", "at least"], "sk:n=0", "glauber"),
            (["sk", "n=-3"], "sk:n=-3", "glauber"),
            (["sk", "n=10000000", "GB"], "sk:n=10000000", "glauber"),
            (["ising-p-spin", "n=100000", "GB"], "ising-p-spin:p=3,n=100000", "glauber"),
            (["n=2", "p=3"], "ising-p-spin:p=3,n=2", "glauber"),
            (["temperature=0", "greater than 0"], "sk:n=8,temperature=0", "glauber"),
            (["temperature=-1"], "sk:n=8,temperature=-1", "glauber"),
            (["temperature=nan"], "sk:n=8,temperature=nan", "glauber"),
            (["planted=yes", "true or false"], "sk:n=8,planted=yes", "glauber"),
            (["pins=9", "n=8"], "sk:n=8,pins=9", "glauber"),
            (["p=2"], "ising-p-spin:p=2,n=8", "glauber"),
            (["n is given twice"], "sk:n=8,n=9", "glauber"),
            (["key=value"], "sk:n", "glauber"),
            (["denoiser", "ampp", "amp"], SK, "diffusion:denoiser=ampp"),
            (["exact", "n=30"], "sk:n=30", "autoregressive:denoiser=exact"),
            (["hubbard-langevin", "pairwise"], "ising-p-spin:n=8", "hubbard-langevin"),
            (["amp"], "curie-weiss:n=8", "diffusion:denoiser=amp"),
            (["exact", "n=30", "smaller n"], "curie-weiss:n=30", "diffusion"),
            (["diffusion", "stpes", "steps"], SK, "diffusion:stpes=3"),
            (["steps=0"], SK, "diffusion:steps=0"),
        ]:
            with self.subTest(model=model, sampler=sampler):
                self.bad(words, *self.sample(model=model, sampler=sampler))
        self.bad(["sk2", "'sk'"], "instance", "--model", "sk2", "--out", "x.json")
        self.bad(["sk2", "'sk'"], "verify", "--model", "sk2")
        self.bad(["glaubr", "glauber"], "verify", "--sampler", "glaubr")

    def test_outputs(self):
        self.write("file", "kept\n")
        (self.folder / "taken.nc").mkdir()
        for words, arguments in [
            (["missing", "run.nc"], self.sample(out="missing/run.nc")),
            (["/proc/x/y.nc"], self.sample(out="/proc/x/y.nc")),
            (["/proc/y.nc"], self.sample(out="/proc/y.nc")),
            (["file"], self.sample(out="file/run.nc")),
            (["taken.nc"], self.sample(out="taken.nc")),
            ([".nc"], self.sample(out="run.csv")),
            ([".cnf"], ["instance", "--model", SK, "--out", "x.cnf"]),
            ([".xyz", ".json"], ["instance", "--model", SK, "--out", "x.xyz"]),
            (["missing"], ["instance", "--model", SK, "--out", "missing/x.json"]),
            (["/proc/x"], ["compare", "--model", SK, "--sampler", "glauber", "--out", "/proc/x"]),
            (["file"], ["compare", "--model", SK, "--sampler", "glauber", "--out", "file"]),
        ]:
            with self.subTest(arguments=arguments):
                self.bad(words, *arguments)

    def test_instance_files(self):
        self.good("instance", "--model", SK, "--out", "whole.json")
        self.good("instance", "--model", SK, "--out", "whole.txt")
        self.good("instance", "--model", SK, "--out", "whole.nc")
        for name in ("whole.json", "whole.txt", "whole.nc"):
            self.good(*self.short(model=f"file:path={name}", out="from.nc"))
            data = (self.folder / name).read_bytes()
            for part in (0.0, 0.5, 0.9):
                (self.folder / ("cut." + name)).write_bytes(data[: int(part * len(data))])
                with self.subTest(name=name, part=part):
                    self.bad(["cut." + name], *self.sample(model=f"file:path=cut.{name}"))
        self.good("instance", "--model", "file:path=whole.json", "--out", "again.txt")  # keeps the name of the model
        self.good("instance", "--model", "file:path=again.txt", "--out", "again.nc")
        self.good("instance", "--model", "file:path=again.nc", "--out", "again.json")
        first, last = (json.loads((self.folder / name).read_text(encoding="utf-8")) for name in ("whole.json", "again.json"))
        self.assertEqual(first["model"], "sk")
        self.assertEqual({**last, "spec": ""}, {**first, "spec": ""})
        self.bad(["gone.json"], *self.sample(model="file:path=gone.json"))
        self.bad(["path"], *self.sample(model="file"))
        (self.folder / "folder.json").mkdir()
        self.bad(["folder.json"], *self.sample(model="file:path=folder.json"))
        whole = json.loads((self.folder / "whole.json").read_text(encoding="utf-8"))
        for words, change in [
            (["n"], {"n": 0}),
            (["n"], {"n": "many"}),
            (["temperature"], {"temperature": -1}),
            (["terms"], {"terms": [[0, 99, 1.0]]}),
            (["terms"], {"terms": [[0, 0, 1.0]]}),
            (["terms"], {"terms": [[0, 1, 1.0], [1, 0, 2.0]]}),
            (["planted"], {"planted": [1, -1]}),
            (["planted"], {"planted": [2] * 12}),
            (["pinned"], {"pinned": [[0, 3]]}),
            (["fields"], {"fields": [0.0]}),
            (["wrong"], {"wrong": 1}),
        ]:
            name = self.write("changed.json", json.dumps({**whole, **change}))
            with self.subTest(change=change):
                self.bad([name, *words], *self.sample(model=f"file:path={name}"))

    def test_plans(self):
        good = PLAN
        self.bad(["gone.toml"], "compare", "gone.toml", "--out", "out")
        for words, text in [
            (["plan.toml", "line 2"], "seed = 3\ninstances = = 2\n"),
            (["[[model]]"], 'seed = 3\n[[sampler]]\nspec = "glauber"\n'),
            (["[[sampler]]"], 'seed = 3\n[[model]]\nspec = "sk"\n'),
            (["instnces", "instances"], good.replace("instances", "instnces")),
            (["chians", "chains"], good.replace("chains", "chians")),
            (["sampler", "spce", "spec"], good + '[[sampler]]\nspec = "glauber"\nspce = "x"\n'),
            (["mdoel", "model"], good.replace("[[model]]", "[[mdoel]]")),
            (["seed", "whole number"], good.replace("seed = 3", 'seed = "three"')),
            (["seed"], good.replace("seed = 3", "seed = -3")),
            (["instances"], good.replace("instances = 2", "instances = 0")),
            (["draws"], good.replace("draws = 5", "draws = 5.5")),
            (["thin"], good.replace("thin = 1", "thin = 0")),
            (["spec"], good + "[[sampler]]\nspec = 3\n"),
            (["spec"], good + "[[sampler]]\ndraws = 3\n"),
            (["[[model]]"], good.replace("[[model]]", "[model]")),
            (["glaubr", "glauber"], good.replace('"glauber"', '"glaubr"')),
            (["sk2", "sk"], good.replace('"sk:', '"sk2:')),
            (["temprature", "temperature"], good.replace("temperature", "temprature")),
            (["models", "skk", "sk"], good + '[[sampler]]\nspec = "metropolis"\nmodels = ["skk"]\n'),
            (["models"], good + '[[sampler]]\nspec = "metropolis"\nmodels = "sk"\n'),
        ]:
            self.write("plan.toml", text)
            with self.subTest(text=text):
                self.bad(words, "compare", "plan.toml", "--out", "out")
        self.write("plan.toml", good)
        self.bad(["--draws"], "compare", "plan.toml", "--draws", 4, "--out", "out")
        self.bad(["plan", "--model"], "compare", "plan.toml", "--model", SK, "--out", "out")
        self.bad(["plan", "--model"], "compare", "--out", "out")

    # good input

    def test_what_there_is(self):
        text = self.good("list").stdout
        samplers = json.loads(self.good("list", "samplers", "--json").stdout)
        names = {s["name"] for s in samplers}
        five = {"glauber", "metropolis", "discrete-langevin", "hubbard-langevin", "diffusion", "flow", "autoregressive"}
        self.assertLessEqual(five, names)
        everything = json.loads(self.good("list", "--json").stdout)
        self.assertEqual(everything["samplers"], samplers)
        for kind in ("models", "samplers", "denoisers", "phases"):
            for entry in everything[kind]:
                self.assertIn(entry["name"], text)
                self.assertTrue(entry["formula"], entry["name"])
                one = json.loads(self.good("describe", entry["name"], "--json").stdout)
                same_name = [one, *one.pop("also", [])]  # a model and a phase diagram, a sampler and a denoiser
                self.assertIn(entry, same_name)
                self.assertIn(entry["formula"], self.good("describe", entry["name"]).stdout)
        sk = json.loads(self.good("describe", "sk", "--json").stdout)
        self.assertLessEqual({"n", "temperature", "planted", "instance"}, {o["name"] for o in sk["options"]})
        self.assertIn("2.", self.good("doctor").stdout)
        self.assertIn("threads", json.loads(self.good("doctor", "--json").stdout))
        self.assertRegex(self.good("--version").stdout, r"^\d+\.\d+\.\d+\n$")
        self.assertIn("compare", self.good("--help").stdout)
        self.assertIn("--draws", self.good("sample", "--help").stdout)

    def test_a_seed_is_a_run(self):
        for sampler in ("glauber", "discrete-langevin", "autoregressive:denoiser=exact", "diffusion:denoiser=amp,steps=5"):
            with self.subTest(sampler=sampler):
                files = []
                for k, more in enumerate((["--seed", 5], ["--seed", 5], ["--seed", 5, "--threads", 1],
                                          ["--seed", 5, "--threads", 2], ["--seed", 5, "--threads", 4], ["--seed", 6])):
                    self.good(*self.short(*more, sampler=sampler, out=f"{k}.nc"))
                    files.append((self.folder / f"{k}.nc").read_bytes())
                self.assertEqual(len(set(files[:5])), 1, "the same seed gave other bytes")
                self.assertNotEqual(files[0], files[5], "another seed gave the same bytes")
        self.assertEqual(list(self.folder.glob("*.part")), [])

    def test_results_and_log_are_apart(self):
        done = self.good(*self.short("--json"))
        self.assertIsInstance(json.loads(done.stdout)["energy"], float)
        self.assertEqual(self.good(*self.short("--quiet")).stderr, "")
        self.assertNotIn("\x1b", self.good(*self.short()).stderr)

    def test_interrupt_leaves_nothing(self):
        for arguments, kept in [
            # couplings are drawn for seconds: it ends in the midst of them
            (["instance", "--model", "sk:n=14000", "--out", "large.nc"], set()),
            (self.sample("--draws", 1000000, "--chains", 64, model="sk:n=256"), set()),
            (["compare", "--model", "sk:n=256,planted=true", "--sampler", "glauber", "--chains", 4, "--draws",
              20000, "--thin", 100, "--out", "out"],
             {"out/plan.json"}),
        ]:
            for sent in (signal.SIGINT, signal.SIGTERM):
                with self.subTest(command=arguments[0], signal=sent.name):
                    with subprocess.Popen([GLASSMARK, *map(str, arguments)], cwd=self.folder, env=ENVIRONMENT,
                                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                          text=True) as running:
                        time.sleep(0.3 if arguments[0] == "instance" else 1.5)
                        self.assertIsNone(running.poll(), "it ended before it could be interrupted")
                        running.send_signal(sent)
                        try:
                            _, log = running.communicate(timeout=60)
                        except subprocess.TimeoutExpired:
                            running.kill()
                            self.fail("still running a minute after the signal")
                    self.assertEqual(running.returncode, 130, log)
                    self.assertTrue(log.splitlines()[-1].startswith("glassmark: interrupted"), log)
                    self.assertEqual("while an instance was drawn" in log, arguments[0] == "instance", log)
                    self.assertEqual(set(contents(self.folder)), kept)

    def test_dynamics(self):
        common = ["dynamics", "--sampler", "glauber", "--steps", 20, "--chains", 3, "--instances", 2]
        run = [*common, "--model", "sk:n=8|12,temperature=0.5,planted=true"]
        table = self.good(*run, "--out", "d.json").stdout
        self.assertEqual(table.count("planted  start"), 4)  # two sizes: the end, and the crossing
        first = (self.folder / "d.json").read_bytes()
        for threads in (1, 2):
            self.good(*run, "--out", "d.json", "--threads", threads)
            self.assertEqual((self.folder / "d.json").read_bytes(), first)
        result = json.loads(self.good(*run, "--json").stdout)
        self.assertEqual(result, json.loads(first))
        self.assertEqual([r["n"] for r in result["runs"]], [8, 12])
        for one in result["runs"]:
            self.assertEqual((one["times"][0], one["times"][-1]), (0, 20))
            self.assertEqual([c["start"] for c in one["curves"]], ["random", "planted"])
            for c in one["crossings"]:
                self.assertEqual(c["crossed"] + c["censored"], 6)
        null = json.loads(self.good(*common, "--model", "sk:n=8", "--start", "random", "--json").stdout)["runs"][0]
        self.assertEqual((null["crossings"], null["planted_energy"]), ([], None))
        for words, arguments in [
            (["--out", ".json"], [*run, "--out", "d.csv"]),
            (["missing"], [*run, "--out", "missing/d.json"]),
            (["--start", "planted=true"], [*common, "--model", "sk:n=8"]),
            (["autoregressive", "draws afresh"], ["dynamics", "--model", SK, "--sampler", "autoregressive:denoiser=exact"]),
            (["--high"], [*run, "--high", 2]),
            (["--low", "--high"], [*run, "--low", 0.7]),
            (["--steps"], [*run, "--steps", 0]),
        ]:
            with self.subTest(words=words):
                self.bad(words, *arguments)

    def test_calibration(self):
        arguments = ["verify", "--calibration", 40, "--model", "sk:n=5", "--sampler", "autoregressive"]
        self.assertIn("1 of 1 pairs calibrated on 40 planted instances", self.good(*arguments).stdout)
        entry = json.loads(self.good(*arguments, "--json").stdout)["entries"][0]
        self.assertEqual((entry["result"], entry["sampler"]), ("pass", "autoregressive:denoiser=exact"))
        self.assertIn("planted=true", entry["model"])
        self.bad(["glauber", "exact draws"], "verify", "--calibration", 40, "--model", "sk:n=5", "--sampler", "glauber")
        self.bad(["--calibration"], "verify", "--calibration", 39)
        self.bad(["--draws", "--calibration"], "verify", "--calibration", 40, "--draws", 2000)

    def test_verify_shows_rows_as_they_are_known(self):
        arguments = ["verify", "--model", "sk:n=4|8,field_spread=0.6,temperature=0.7", "--sampler", "glauber",
                     "--draws", "20000"]
        env = {**ENVIRONMENT, "OMP_NUM_THREADS": "1"}
        with subprocess.Popen([GLASSMARK, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              cwd=self.folder, env=env) as running:
            first = os.read(running.stdout.fileno(), 1 << 16).decode()  # what is there as soon as anything is
            rest = running.stdout.read().decode()
        self.assertEqual(running.returncode, 0)
        self.assertRegex(first, r"^pass  glauber +sk:n=4[^\n]*\n      smallest p of \d+ checks[^\n]*\n$")
        self.assertRegex(rest, r"^pass  glauber +sk:n=8[^\n]*\n.*\n2 of 2 pairs checked")
        self.assertEqual(self.good(*arguments, env={"OMP_NUM_THREADS": "4"}).stdout, first + rest)
        rows = json.loads(self.good(*arguments, "--json").stdout)["entries"]
        self.assertEqual([r["result"] for r in rows], ["pass", "pass"])

    def test_compare_skips_what_is_done(self):
        self.write("plan.toml", PLAN)
        first = self.good("compare", "plan.toml", "--out", "out")
        out = self.folder / "out"
        before = contents(out)
        cells = sorted(name for name in before if name.endswith(".nc"))
        self.assertEqual(len(cells), 2)
        self.assertNotIn("skipped", first.stderr)
        for name in ("table.md", "summary.json"):
            self.assertIn(name, before)
        summary = json.loads(before["summary.json"])
        self.assertEqual({c["file"] for c in summary["cells"]}, set(cells))
        for cell in summary["cells"]:
            self.assertTrue(cell["verdict"])
            self.assertEqual(len(cell["paired_energy"]["per_instance"]), 2)

        times = {name: (out / name).stat().st_mtime_ns for name in cells}
        again = self.good("compare", "plan.toml", "--out", "out")
        self.assertEqual(again.stderr.count("skipped"), 2, again.stderr)
        self.assertEqual(again.stdout, first.stdout)
        self.assertEqual(contents(out), before)
        self.assertEqual({name: (out / name).stat().st_mtime_ns for name in cells}, times)

        (out / cells[0]).unlink()  # an unfinished run: only that cell is computed, to the same bytes
        third = self.good("compare", "plan.toml", "--out", "out", "--threads", 1)
        self.assertEqual(third.stderr.count("skipped"), 1, third.stderr)
        digest = {name: hashlib.sha256(data).hexdigest() for name, data in contents(out).items() if name in cells}
        self.assertEqual(digest, {name: hashlib.sha256(before[name]).hexdigest() for name in cells})

        with self.subTest("another run in the same folder"):
            self.write("plan.toml", PLAN.replace("1.5", "1.6"))
            self.bad(["out", "another run"], "compare", "plan.toml", "--out", "out")
        with self.subTest("a damaged cell"):
            self.write("plan.toml", PLAN)
            (out / cells[1]).write_bytes(before[cells[1]][:1000])
            self.bad([pathlib.PurePath(cells[1]).name, "remove it"], "compare", "plan.toml", "--out", "out", "--quiet")

    def test_refused_pairs_are_recorded(self):
        self.write("plan.toml", PLAN.replace("sk:n=10", "ising-p-spin:n=10") + '[[sampler]]\nspec = "hubbard-langevin"\n')
        self.good("compare", "plan.toml", "--out", "out")
        summary = json.loads((self.folder / "out/summary.json").read_text(encoding="utf-8"))
        self.assertEqual(len(summary["cells"]), 2)
        self.assertEqual(len(summary["refused"]), 1)
        self.assertTrue(summary["refused"][0]["sampler"].startswith("hubbard-langevin"))
        self.assertIn("pairwise", summary["refused"][0]["reason"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
