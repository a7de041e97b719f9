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
 * Every address in index.html is relative: the Workbench stands wherever a proxy puts it. Nothing is inlined as
 * a data: address, so that the content security policy can be default-src 'self'.
 */
export default defineConfig({
	base: './',
	plugins: [react(), filesAfterBase()],
	build: {
		target: 'es2022',
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
		chunkSizeWarningLimit: 1000,
	},
	server: { proxy: { '/telemetry': 'http://127.0.0.1:3000' } },
});
