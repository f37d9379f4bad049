/** To be described. */
@NullMarked
package ai.mariner.server;

import org.jspecify.annotations.NullMarked;
