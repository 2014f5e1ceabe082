// Two inputs: the prediction over the plane, the target beside it, on one scale of shades.

class MapPanel {
  constructor(run, number) {
    const { predictions, truth } = run.maps;
    this.size = predictions.length / run.count;
    this.run = run;
    const isKnown = truth?.every(Number.isFinite);
    this.ends = ends(isKnown ? truth : this.map(run.count - 1));
    this.chart = this.made(`map-${number}`, () => this.map(this.snapshot));
    if (isKnown) this.made(`map-target-${number}`, () => truth);
  }

  /** The prediction, rows upwards. */
  map(snapshot) {
    return this.run.row(this.run.maps.predictions, snapshot, this.size);
  }

  made(id, values) {
    const [across, upwards] = this.run.scene.domain;
    const chart = new Chart(figure(id), {
      x: new Linear(...across), y: new Linear(...upwards), ratio: 0.9, least: 220, xName: "x1", yName: "x2",
      painter: (...place) => this.paint(values(), ...place),
      read: (x, y) => [["x1", short(x)], ["x2", short(y)], ["value", short(this.value(values(), x, y))]],
    });
    ramp(chart.figure, short(this.ends[0]), short(this.ends[1]), "value");
    return chart;
  }

  /** At the nearest point of the grid. */
  value(map, x, y) {
    const side = Math.sqrt(map.length);
    const [column, row] = [x, y].map((place, input) => {
      const [low, high] = this.run.scene.domain[input];
      return Math.round(((place - low) / (high - low)) * (side - 1));
    });
    return map[row * side + column];
  }

  /** Between the points of the grid, which has both ends of the domain, shades go over into one another. */
  paint(map, context, width, height) {
    const side = Math.sqrt(map.length);
    const [low, high] = this.ends;
    const dark = isDark();
    const picture = new ImageData(side, side);
    map.forEach((value, index) => {
      if (!Number.isFinite(value)) return;
      const [row, column] = [side - 1 - Math.floor(index / side), index % side];
      picture.data.set([...shade((value - low) / (high - low || 1), dark), 255], 4 * (row * side + column));
    });
    const small = html("canvas");
    [small.width, small.height] = [side, side];
    small.getContext("2d").putImageData(picture, 0, 0);
    context.clearRect(0, 0, width, height);
    context.drawImage(small, 0.5, 0.5, side - 1, side - 1, 0, 0, width, height);
  }

  show(snapshot) {
    this.snapshot = snapshot;
    this.chart.paint();
  }
}
