/** To be described. */
@NullMarked
package ai.mariner.rest;

import org.jspecify.annotations.NullMarked;
