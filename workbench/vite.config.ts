import { readdirSync, readFileSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/*
 * The inline script of index.html sets the base address that all others are relative to. A browser looks ahead
 * in the markup, though, and would ask for the files at the wrong place before the script has run. So the script
 * itself writes the elements that name files: nobody sees them before the base address is known.
 */
function filesAfterBase(): Plugin {
	return {
		name: 'files-after-base',
		apply: 'build',
		transformIndexHtml: {
			order: 'post',
			handler(html) {
				const tags: string[] = [];
				const bare = html.replace(
					/\n\s*(<script type="module"[^>]*><\/script>|<link [^>]*>)/g,
					(_all, tag: string) => {
						tags.push(tag.replace(' crossorigin', ''));
						return '';
					},
				);
				const text = JSON.stringify(tags.join('')).replaceAll('</', '<\\/');
				return bare.replace('</script>', `\tdocument.write(${text});\n\t\t</script>`);
			},
		},
	};
}

/*
 * The licences of everything that gets into the build, beside it. The lock file knows what that is.
 */
function licences(): Plugin {
	return {
		name: 'licences',
		apply: 'build',
		generateBundle() {
			const lock: Lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
			const texts = Object.entries(lock.packages)
				.filter(([path, entry]) => path !== '' && !entry.dev && !entry.optional)
				.map(([path, entry]) => {
					const file = readdirSync(path).find((name) => /^licen[cs]e/i.test(name));
					const text = file ? readFileSync(`${path}/${file}`, 'utf8').trim() : '';
					return `${path.split('node_modules/').pop()} ${entry.version} (${entry.license})\n\n${text}\n`;
				});
			const rule = `\n${'-'.repeat(78)}\n\n`;
			this.emitFile({ type: 'asset', fileName: 'licences.txt', source: texts.join(rule) });
		},
	};
}

interface Lock {
	packages: Record<string, { version: string; license?: string; dev?: boolean; optional?: boolean }>;
}

/*
 * Every address in index.html is relative: the Workbench stands wherever a proxy puts it. Nothing is inlined as
 * a data: address, so that the content security policy can be default-src 'self'.
 */
export default defineConfig({
	base: './',
	plugins: [react(), filesAfterBase(), licences()],
	build: {
		target: 'es2022',
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
		chunkSizeWarningLimit: 1000,
	},
	server: { proxy: { '/telemetry': 'http://127.0.0.1:3000' } },
});
