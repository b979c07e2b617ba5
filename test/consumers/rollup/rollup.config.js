import commonjs from '@rollup/plugin-commonjs';
import resolve from '@rollup/plugin-node-resolve';

/** zod's own comments and cycles, of which Rollup tells every app that uses it. */
const ofZod = ({ code, id = '', ids = [id] }) =>
  ['INVALID_ANNOTATION', 'CIRCULAR_DEPENDENCY'].includes(code) &&
  ids.every(name => name.includes('/node_modules/zod/'));

export default {
  input: 'main.js',
  output: { dir: 'out', format: 'es' },
  plugins: [resolve({ browser: true }), commonjs()], // the second for base64-js, which the tokenizer stands on
  onwarn(warning) {
    if (!ofZod(warning)) throw new Error(warning.message);
  },
};
