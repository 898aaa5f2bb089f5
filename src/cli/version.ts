/** Version of this program: equal to package.json's, which a test holds it to. */
export const VERSION = '0.1.0';
