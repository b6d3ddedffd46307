// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/** The same picture for browsers without WebGL2. */
import { css, paletteOf, type Palette } from "./palette";
import { kDim, kLit, kOff, kOpacity, marksOf, ribbonColour, type Camera, type Look, type Mark, type Painter } from "./painter";
import { kThinnest, type Scene } from "./scene";

export class CanvasPainter implements Painter {
  readonly kind = "canvas";
  private readonly context: CanvasRenderingContext2D;
  private scene: Scene | null = null;
  private marks: Mark[] = [];
  private look: Look | null = null;
  private palette: Palette = paletteOf(true);
  private width = 1;
  private height = 1;
  private ratio = 1;

  constructor(private readonly canvas: HTMLCanvasElement) {
    const context = canvas.getContext("2d");
    if (!context) throw new Error("no 2D canvas");
    this.context = context;
  }

  setScene(scene: Scene): void {
    this.scene = scene;
    this.marks = marksOf(scene);
  }
  setLook(look: Look): void { this.look = look; }
  setPalette(palette: Palette): void { this.palette = palette; }

  resize(width: number, height: number, ratio: number): void {
    [this.width, this.height, this.ratio] = [width, height, ratio];
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
  }

  draw(camera: Camera): void {
    const c = this.context;
    const { scene, look, palette } = this;
    c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    c.fillStyle = palette.ground;
    c.fillRect(0, 0, this.width, this.height);
    if (!scene || !look) return;
    const { zx, zy } = camera;
    const { curve } = scene;
    const { ribbons } = scene.picture;
    const p = new Float64Array(8);
    for (let s = 0; s < scene.segments; s++) {
      const r = scene.ribbon[s]!;
      const state = look.ribbons[r]!;
      if (state === kOff) continue;
      for (let k = 0; k < 8; k += 2) {
        p[k] = curve[8 * s + k]! * zx + camera.x;
        p[k + 1] = curve[8 * s + k + 1]! * zy + camera.y;
      }
      const wide = scene.width[s]! * zy;
      const width = Math.max(wide, kThinnest);
      // Nothing of what is beside the window is drawn.
      const [low, high] = [Math.min(p[1]!, p[3]!, p[5]!, p[7]!), Math.max(p[1]!, p[3]!, p[5]!, p[7]!)];
      if (p[6]! < 0 && p[0]! < 0 || (p[0]! > this.width && p[6]! > this.width) || high + width < 0 || low - width > this.height) continue;
      const alpha = state === kDim ? kOpacity.dim : state === kLit ? kOpacity.lit : palette.ribbon;
      const colour = css(palette.colours[ribbonColour(scene, r)]!, alpha);
      const unsure = ribbons.confidence[r]! < 1;
      c.beginPath();
      if (scene.arc[s]) {
        c.moveTo(p[0]!, p[1]!);
        c.bezierCurveTo(p[2]!, p[3]!, p[4]!, p[5]!, p[6]!, p[7]!);
        c.setLineDash(unsure ? [5, 4] : []);
        c.lineWidth = width;
        c.strokeStyle = colour;
        c.stroke();
        continue;
      }
      const shift = (wide - width) / 2;
      c.moveTo(p[0]!, p[1]! + shift);
      c.bezierCurveTo(p[2]!, p[3]! + shift, p[4]!, p[5]! + shift, p[6]!, p[7]! + shift);
      c.lineTo(p[6]!, p[7]! + shift + width);
      c.bezierCurveTo(p[4]!, p[5]! + shift + width, p[2]!, p[3]! + shift + width, p[0]!, p[1]! + shift + width);
      c.closePath();
      c.fillStyle = colour;
      c.fill();
      if (unsure) {
        c.setLineDash([5, 4]);
        c.lineWidth = 1;
        c.strokeStyle = css(palette.colours[ribbonColour(scene, r)]!, Math.min(1, alpha * 1.6));
        c.stroke();
      }
    }
    c.setLineDash([]);
    for (const mark of this.marks) {
      const state = look.nodes[mark.node]!;
      if (state === kOff) continue;
      c.fillStyle = css(palette.colours[mark.colour]!, mark.alpha * (state === kDim ? kOpacity.dimNode : 1));
      const height = Math.max(mark.height * zy, kThinnest);
      c.beginPath();
      c.roundRect(mark.x * zx + camera.x, mark.y * zy + camera.y, Math.max(mark.width * zx, 1), height, Math.min(1.5, height / 3));
      c.fill();
    }
  }

  destroy(): void {}
}
