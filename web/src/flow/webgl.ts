// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/**
 * Ribbons and boxes by WebGL2, one instance each: a moved camera is three uniforms and two calls, whatever the size of the
 * picture. Edges are smoothed in the fragment shader, so no multisampling is needed.
 */
import { kColours, paletteOf, type Palette } from "./palette";
import { kOff, kOpacity, marksOf, ribbonColour, type Camera, type Look, type Painter } from "./painter";
import { kThinnest, type Scene } from "./scene";

/** Steps along a curve; fewer where there are so many that none is looked at. */
const kSteps = 28;
const kFewSteps = 10;
const kMany = 8000;

const kCommon = `#version 300 es
precision highp float;
uniform vec2 u_size;
uniform vec4 u_camera; // place, zoom
uniform vec3 u_colours[${kColours}];
uniform vec4 u_opacity; // normal, dim, lit, dim node
vec4 screen(vec2 at) { return vec4(at.x / u_size.x * 2. - 1., 1. - at.y / u_size.y * 2., 0., 1.); }
`;

const kRibbonVertex = `${kCommon}
in vec2 a_corner;          // along 0..1, side -1..1
in vec4 a_p01, a_p23;
in vec4 a_look;            // width, colour, arc, unsure
in float a_state;
out float v_across, v_half, v_along, v_unsure;
out vec4 v_colour;
void main() {
  if (a_state == ${kOff}.) { gl_Position = vec4(2., 2., 2., 1.); return; }
  float t = a_corner.x, u = 1. - t;
  vec2 at = u*u*u*a_p01.xy + 3.*u*u*t*a_p01.zw + 3.*u*t*t*a_p23.xy + t*t*t*a_p23.zw;
  vec2 d = u*u*(a_p01.zw - a_p01.xy) + 2.*u*t*(a_p23.xy - a_p01.zw) + t*t*(a_p23.zw - a_p23.xy);
  d *= u_camera.zw;
  vec2 way = dot(d, d) > 1e-9 ? normalize(d) : vec2(1., 0.);
  float wide = a_look.x * u_camera.w;
  float w = max(wide, ${kThinnest});
  // A pixel more on each side for the smoothing; a steep edge needs more of it, measured upright.
  float pad = a_look.z > .5 ? 1. : 1. / max(way.x, .15);
  vec2 normal = a_look.z > .5 ? vec2(-way.y, way.x) : vec2(0., 1.);
  vec2 centre = at * u_camera.zw + u_camera.xy + (a_look.z > .5 ? vec2(0.) : vec2(0., wide / 2.));
  v_half = w / 2.;
  v_across = a_corner.y * (v_half + pad);
  vec2 place = centre + normal * v_across;
  v_along = place.x;
  v_unsure = a_look.w;
  float alpha = a_state == 1. ? u_opacity.y : a_state == 2. ? u_opacity.z : u_opacity.x;
  v_colour = vec4(u_colours[int(a_look.y)], alpha);
  gl_Position = screen(place);
}`;

const kRibbonFragment = `#version 300 es
precision highp float;
in float v_across, v_half, v_along, v_unsure;
in vec4 v_colour;
out vec4 o_colour;
void main() {
  float inside = (v_half - abs(v_across)) / max(fwidth(v_across), 1e-4);
  float cover = clamp(inside + .5, 0., 1.);
  float alpha = v_colour.a;
  if (v_unsure > .5) { // Dashes: what is likely, not proven.
    bool gap = fract(v_along / 9.) > 5. / 9.;
    if (v_half < 1.5) alpha *= gap ? .25 : 1.4;
    else if (v_half - abs(v_across) < 1.) alpha *= gap ? 1. : 1.9;
  }
  alpha = min(1., alpha) * cover;
  o_colour = vec4(v_colour.rgb * alpha, alpha);
}`;

const kBoxVertex = `${kCommon}
in vec2 a_corner;
in vec4 a_box;
in vec2 a_look;            // colour, alpha
in float a_state;
out vec2 v_at, v_half;
out vec4 v_colour;
void main() {
  if (a_state == ${kOff}.) { gl_Position = vec4(2., 2., 2., 1.); return; }
  v_half = max(a_box.zw * u_camera.zw, vec2(1., ${kThinnest})) / 2.;
  v_at = vec2(a_corner.x * 2. - 1., a_corner.y) * (v_half + 1.);
  v_colour = vec4(u_colours[int(a_look.x)], a_look.y * (a_state == 1. ? u_opacity.w : 1.));
  gl_Position = screen(a_box.xy * u_camera.zw + u_camera.xy + v_half + v_at);
}`;

const kBoxFragment = `#version 300 es
precision highp float;
in vec2 v_at, v_half;
in vec4 v_colour;
out vec4 o_colour;
void main() {
  float round = min(1.5, min(v_half.x, v_half.y) * .66);
  vec2 d = abs(v_at) - v_half + round;
  float away = length(max(d, 0.)) + min(max(d.x, d.y), 0.) - round;
  float alpha = v_colour.a * clamp(.5 - away / max(fwidth(away), 1e-4), 0., 1.);
  o_colour = vec4(v_colour.rgb * alpha, alpha);
}`;

interface Batch {
  program: WebGLProgram;
  uniforms: Record<"u_size" | "u_camera" | "u_colours" | "u_opacity", WebGLUniformLocation | null>;
  vao: WebGLVertexArrayObject;
  corners: WebGLBuffer;
  data: WebGLBuffer;
  state: WebGLBuffer;
  steps: number;
  count: number;
}

export class WebGlPainter implements Painter {
  readonly kind = "webgl";
  private readonly gl: WebGL2RenderingContext;
  private batches: { ribbons: Batch; boxes: Batch } | null = null;
  private scene: Scene | null = null;
  private marks = new Uint32Array(0);
  private look: Look | null = null;
  private palette: Palette = paletteOf(true);
  private width = 1;
  private height = 1;

  /** Throws where there is no WebGL2. `restored` is called when a lost context came back and all must be drawn again. */
  constructor(private readonly canvas: HTMLCanvasElement, private readonly restored: () => void) {
    const gl = canvas.getContext("webgl2", { antialias: false, alpha: false, depth: false, powerPreference: "low-power" });
    if (!gl) throw new Error("no WebGL2");
    this.gl = gl;
    this.build();
    canvas.addEventListener("webglcontextlost", this.onLost);
    canvas.addEventListener("webglcontextrestored", this.onRestored);
  }

  private readonly onLost = (event: Event): void => {
    event.preventDefault(); // Else it never comes back.
    this.batches = null;
  };
  private readonly onRestored = (): void => {
    this.build();
    if (this.scene) this.setScene(this.scene);
    if (this.look) this.setLook(this.look);
    this.restored();
  };

  private build(): void {
    const ribbons = this.batch(kRibbonVertex, kRibbonFragment);
    this.attribute(ribbons, ribbons.data, "a_p01", 4, 48, 0);
    this.attribute(ribbons, ribbons.data, "a_p23", 4, 48, 16);
    this.attribute(ribbons, ribbons.data, "a_look", 4, 48, 32);
    const boxes = this.batch(kBoxVertex, kBoxFragment);
    this.attribute(boxes, boxes.data, "a_box", 4, 24, 0);
    this.attribute(boxes, boxes.data, "a_look", 2, 24, 16);
    this.strip(boxes, 1);
    this.batches = { ribbons, boxes };
    this.gl.enable(this.gl.BLEND);
    this.gl.blendFunc(this.gl.ONE, this.gl.ONE_MINUS_SRC_ALPHA);
  }

  private batch(vertex: string, fragment: string): Batch {
    const { gl } = this;
    const program = gl.createProgram();
    for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]] as const) {
      const shader = gl.createShader(type);
      if (!shader) throw new Error("no shader"); // A context that was lost again.
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost())
      throw new Error(`shader: ${gl.getProgramInfoLog(program) ?? ""}`);
    const at = (name: string) => gl.getUniformLocation(program, name);
    const batch: Batch = {
      program, vao: gl.createVertexArray(), corners: gl.createBuffer(), data: gl.createBuffer(), state: gl.createBuffer(),
      uniforms: { u_size: at("u_size"), u_camera: at("u_camera"), u_colours: at("u_colours"), u_opacity: at("u_opacity") },
      steps: 0, count: 0,
    };
    this.attribute(batch, batch.corners, "a_corner", 2, 8, 0, 0);
    const state = gl.getAttribLocation(program, "a_state");
    gl.bindBuffer(gl.ARRAY_BUFFER, batch.state);
    gl.enableVertexAttribArray(state);
    gl.vertexAttribPointer(state, 1, gl.UNSIGNED_BYTE, false, 1, 0);
    gl.vertexAttribDivisor(state, 1);
    return batch;
  }

  private attribute(batch: Batch, buffer: WebGLBuffer, name: string, size: number, stride: number, offset: number, divisor = 1): void {
    const { gl } = this;
    gl.bindVertexArray(batch.vao);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    const at = gl.getAttribLocation(batch.program, name);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, size, gl.FLOAT, false, stride, offset);
    gl.vertexAttribDivisor(at, divisor);
  }

  private strip(batch: Batch, steps: number): void {
    if (batch.steps === steps) return;
    batch.steps = steps;
    const corners = new Float32Array(4 * (steps + 1));
    for (let i = 0; i <= steps; i++) corners.set([i / steps, -1, i / steps, 1], 4 * i);
    this.fill(batch.corners, corners);
  }

  private fill(buffer: WebGLBuffer, data: ArrayBufferView): void {
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, buffer);
    this.gl.bufferData(this.gl.ARRAY_BUFFER, data, this.gl.DYNAMIC_DRAW);
  }

  setScene(scene: Scene): void {
    this.scene = scene;
    if (!this.batches) return;
    const { ribbons, boxes } = this.batches;
    const data = new Float32Array(12 * scene.segments);
    for (let s = 0; s < scene.segments; s++) {
      const r = scene.ribbon[s]!;
      data.set(scene.curve.subarray(8 * s, 8 * s + 8), 12 * s);
      data[12 * s + 8] = scene.width[s]!;
      data[12 * s + 9] = ribbonColour(scene, r);
      data[12 * s + 10] = scene.arc[s]!;
      data[12 * s + 11] = scene.picture.ribbons.confidence[r]! < 1 ? 1 : 0;
    }
    this.fill(ribbons.data, data);
    this.strip(ribbons, scene.segments > kMany ? kFewSteps : kSteps);
    ribbons.count = scene.segments;
    const marks = marksOf(scene);
    this.marks = Uint32Array.from(marks, (mark) => mark.node);
    const rects = new Float32Array(6 * marks.length);
    for (const [i, m] of marks.entries()) rects.set([m.x, m.y, m.width, m.height, m.colour, m.alpha], 6 * i);
    this.fill(boxes.data, rects);
    boxes.count = marks.length;
  }

  /** After setScene(). */
  setLook(look: Look): void {
    this.look = look;
    if (!this.batches || !this.scene) return;
    const { scene, marks } = this;
    const states = new Uint8Array(scene.segments);
    for (let s = 0; s < scene.segments; s++) states[s] = look.ribbons[scene.ribbon[s]!]!;
    this.fill(this.batches.ribbons.state, states);
    this.fill(this.batches.boxes.state, Uint8Array.from(marks, (node) => look.nodes[node]!));
  }

  setPalette(palette: Palette): void { this.palette = palette; }

  resize(width: number, height: number, ratio: number): void {
    [this.width, this.height] = [width, height];
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
  }

  draw(camera: Camera): void {
    const { gl, palette } = this;
    if (!this.batches || gl.isContextLost()) return;
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    const ground = parseInt(palette.ground.slice(1), 16);
    gl.clearColor((ground >> 16) / 255, ((ground >> 8) & 255) / 255, (ground & 255) / 255, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const colours = new Float32Array(palette.colours.flat().map((v) => v / 255));
    for (const batch of [this.batches.ribbons, this.batches.boxes]) {
      if (batch.count === 0) continue;
      gl.useProgram(batch.program);
      gl.uniform2f(batch.uniforms.u_size, this.width, this.height);
      gl.uniform4f(batch.uniforms.u_camera, camera.x, camera.y, camera.zx, camera.zy);
      gl.uniform3fv(batch.uniforms.u_colours, colours);
      gl.uniform4f(batch.uniforms.u_opacity, palette.ribbon, kOpacity.dim, kOpacity.lit, kOpacity.dimNode);
      gl.bindVertexArray(batch.vao);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 2 * (batch.steps + 1), batch.count);
    }
    gl.bindVertexArray(null);
  }

  destroy(): void {
    this.canvas.removeEventListener("webglcontextlost", this.onLost);
    this.canvas.removeEventListener("webglcontextrestored", this.onRestored);
    this.gl.getExtension("WEBGL_lose_context")?.loseContext(); // A browser keeps few of them.
  }
}
