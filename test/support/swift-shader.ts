/**
 * SwiftShader, the software driver for Vulkan that comes with Debian's chromium: with it ONNX Runtime's real WebGPU provider runs on
 * any machine, graphics processor or not.
 */
import { existsSync } from 'node:fs';

const folder = '/usr/lib/chromium';
const driver = `${folder}/vk_swiftshader_icd.json`;

export const hasSwiftShader = existsSync(driver);

export const swiftShader: Readonly<Record<string, string>> = {
  VK_DRIVER_FILES: driver,
  VK_ICD_FILENAMES: driver,
  // Chromium brings the loader as well; the system may have none.
  LD_LIBRARY_PATH: folder,
  XDG_RUNTIME_DIR: '/tmp',
};

if (!hasSwiftShader) console.warn(`SKIPPED: the tests of WebGPU need ${driver} (Debian's chromium).`);
