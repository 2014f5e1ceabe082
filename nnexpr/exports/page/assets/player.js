// The clock of all runs: where it stands, who is told, and the keys.

const STEPS_A_SECOND = 12;
const STILLS = 20; // of a whole training, one a second, where motion is to be reduced

class Player {
  constructor(runs, tell) {
    Object.assign(this, { runs, tell, playing: false, speed: 1, pending: 0 });
    this.setClock("epochs");
    this.step = this.times.length - 1;
  }

  /** Steps are all times at which some run has a snapshot. */
  setClock(clock) {
    const stood = this.times && this.snapshots();
    this.clock = clock;
    this.times = [...new Set(this.runs.flatMap((run) => [...run.clocks[clock]]))].sort((a, b) => a - b);
    if (stood) this.step = lastAt(this.times, Math.max(...this.runs.map((run, index) => run.clocks[clock][stood[index]])));
  }

  snapshots() {
    return this.runs.map((run) => run.at(this.clock, this.times[this.step]));
  }

  get last() {
    return this.times.length - 1;
  }

  /** Go to a step; what is shown follows with the next picture of the screen. */
  go(step) {
    this.step = Math.min(Math.max(Math.round(step), 0), this.last);
    if (!this.pending) {
      this.pending = requestAnimationFrame(() => {
        this.pending = 0;
        this.tell();
      });
    }
  }

  move(steps) {
    this.pause();
    this.go(this.step + steps);
  }

  /** To a snapshot of a run. */
  visit(run, snapshot) {
    this.pause();
    this.go(lastAt(this.times, run.clocks[this.clock][snapshot]));
  }

  /** To the snapshot nearest to an epoch of a run. */
  seek(run, epoch) {
    this.visit(run, nearest(run.epochs, epoch));
  }

  /** To the next event of any run, or with -1 to the one before. */
  jump(way) {
    const steps = this.runs.flatMap((run) => run.events.map(({ snapshot }) => lastAt(this.times, run.clocks[this.clock][snapshot])));
    const beyond = steps.filter((step) => way * (step - this.step) > 0);
    if (beyond.length) this.move((way > 0 ? Math.min(...beyond) : Math.max(...beyond)) - this.step);
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.go(this.step);
  }

  /** From here to the end; from the end, from the beginning. */
  play() {
    this.playing = true;
    if (this.step === this.last) this.step = 0;
    let [began, first] = [performance.now(), this.step];
    const speed = this.speed;
    const beat = (now) => {
      if (!this.playing) return;
      if (this.speed !== speed) return void this.play();
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      const rate = still ? 1 : STEPS_A_SECOND;
      const stride = still ? Math.max(1, Math.ceil(this.last / STILLS)) : 1;
      const goal = first + stride * Math.floor(Math.max(now - began, 0) * rate * speed / 1000);
      if (goal >= this.last) this.playing = false;
      if (goal !== this.step) this.go(goal);
      if (this.playing) requestAnimationFrame(beat);
    };
    this.go(this.step);
    requestAnimationFrame(beat);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }
}

/** What the keys do; not while a choice or a link hears them itself. */
function listenToKeys(player, actions) {
  const keys = {
    " ": () => player.toggle(),
    ArrowRight: (event) => player.move(event.shiftKey ? 10 : 1),
    ArrowLeft: (event) => player.move(event.shiftKey ? -10 : -1),
    ".": () => player.move(1),
    ",": () => player.move(-1),
    Home: () => player.move(-Infinity),
    End: () => player.move(Infinity),
    ...actions,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const heard = event.target.closest?.("select, button, a, summary, [type=checkbox]");
    const own = heard && (heard.matches("select") || event.key === " ");
    const act = keys[event.key];
    if (!act || own) return;
    event.preventDefault();
    act(event);
  });
}
