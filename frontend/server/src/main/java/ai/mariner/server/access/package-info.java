/**
 * Bearer tokens: the keys, their file and their life.
 *
 * <p>Starting points: {@link ai.mariner.server.access.TokenAuthority}.
 */
@NullMarked
package ai.mariner.server.access;

import org.jspecify.annotations.NullMarked;
